package io.reliablemessaging.relay;

import io.reliablemessaging.reachability.FailureLog;
import io.reliablemessaging.reachability.Infrastructure;
import io.reliablemessaging.text.ReadableLogger;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.event.Level;
import org.springframework.scheduling.concurrent.CustomizableThreadFactory;

/**
 * Has messages in quarantine that a person has released sent beside all others: as long as something is in quarantine, one
 * {@link ReleaseRun} after the other looks what is due. Of the sending thread, but for the runs.
 */
final class Releases {

    private static final Logger log = ReadableLogger.of(Releases.class);
    private static final Duration LOOK_EVERY = Duration.ofMillis(500);
    private static final Duration PAUSE_AFTER_TROUBLE = Duration.ofSeconds(1);
    private static final Duration IDLE = Duration.ofSeconds(5);

    private final Function<Set<Integer>, ReleaseRun> runs;
    private final Waiting waiting;
    private final Runnable loaded;
    private final Runnable ended;
    private final FailureLog failures;
    private final ThreadPoolExecutor thread;
    private long nextLook = System.nanoTime();
    private Set<Integer> lanesBefore = Set.of();
    private @Nullable ReleaseRun run;
    private volatile @Nullable Ended result; // of the run, once it has ended

    /**
     * That a run has ended.
     *
     * @param pause until the next one
     * @param changed whether it may have taken messages from the quarantine, or somebody else has
     */
    private record Ended(Duration pause, boolean changed) {}

    /**
     * Makes the releases.
     *
     * @param runs makes a run for these lanes
     * @param loaded called when the blocked keys have been loaded, so that others may be free
     * @param ended called on another thread when a run has ended
     */
    Releases(
            Function<Set<Integer>, ReleaseRun> runs,
            Waiting waiting,
            Runnable loaded,
            Runnable ended,
            Infrastructure infrastructure) {
        this.runs = runs;
        this.waiting = waiting;
        this.loaded = loaded;
        this.ended = ended;
        this.failures = new FailureLog(
                log,
                Level.WARN,
                infrastructure,
                "Messages released from the quarantine cannot be sent; they stay there, and it is tried again every second",
                "Messages released from the quarantine are sent again");
        CustomizableThreadFactory factory = new CustomizableThreadFactory("rm-releases-");
        factory.setDaemon(true);
        this.thread = new ThreadPoolExecutor(
                1, 1, IDLE.toNanos(), TimeUnit.NANOSECONDS, new LinkedBlockingQueue<>(), factory);
        thread.allowCoreThreadTimeOut(true);
    }

    /**
     * Follows what the sending thread knows: takes note of a run that has ended, has the blocked keys loaded where that may have
     * changed them, and begins a run when it is time for one.
     *
     * @param lanes lanes of ours
     * @param leftOut topics to leave alone
     * @param attention tells that some were released
     */
    void follow(Set<Integer> lanes, Supplier<Set<String>> leftOut, Attention attention) {
        takeEnded(attention);
        if (attention.takeReleased() || !lanes.equals(lanesBefore)) {
            nextLook = System.nanoTime();
        }
        lanesBefore = Set.copyOf(lanes);
        if (waiting.follow(lanes, run == null ? Map.of() : run.keys())) {
            loaded.run();
        }
        if (run != null || !waiting.hasQuarantined() || System.nanoTime() - nextLook < 0) {
            return;
        }
        ReleaseRun next = runs.apply(lanes);
        Set<String> topics = leftOut.get();
        thread.execute(() -> send(next, topics));
        run = next;
    }

    // What it has deleted no longer blocks its key. Nothing else takes from the quarantine what the main flow might
    // follow, and only the main flow puts something there: so what is loaded now is exact.
    private void takeEnded(Attention attention) {
        Ended last = result;
        if (run == null || last == null) {
            return;
        }
        result = null;
        run = null;
        Duration pause = last.pause().equals(LOOK_EVERY) ? attention.seldom(LOOK_EVERY) : last.pause();
        nextLook = System.nanoTime() + pause.toNanos();
        if (last.changed()) {
            waiting.forgetBlocked();
        }
    }

    private void send(ReleaseRun next, Set<String> leftOut) {
        Ended end = new Ended(PAUSE_AFTER_TROUBLE, true);
        try {
            ReleaseRun.Found found = next.send(leftOut);
            end = new Ended(
                    found == ReleaseRun.Found.DUE ? Duration.ZERO : LOOK_EVERY, found != ReleaseRun.Found.NONE_DUE);
            failures.worked();
        } catch (InterruptedException e) {
            log.debug("Interrupted, and not by a stop: the next run goes on");
        } catch (Throwable t) { // an Error, too: nothing would be released any more
            failures.failed(t);
        } finally {
            result = end;
            ended.run();
        }
    }

    /** Whether released messages of a lane are under way. */
    boolean has(int lane) {
        return run != null && result == null && run.has(lane);
    }

    /** Only these lanes are ours from now on. */
    void retain(Set<Integer> lanes) {
        if (run != null) {
            run.retain(lanes);
        }
    }

    /** Gives up what is under way: the lanes were lost, or are of another server. */
    void abandon() {
        if (run != null) {
            run.abandon();
        }
    }

    /** Sends nothing more; what is under way may be answered. */
    void finish() {
        if (run != null) {
            run.finish();
        }
    }

    /** Whether answers are to be expected. */
    boolean isSending() {
        return run != null && result == null;
    }

    /** Ends at once. */
    void close() {
        abandon();
        thread.shutdown();
    }
}
