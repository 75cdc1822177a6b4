package io.reliablemessaging.relay;

import io.reliablemessaging.lanes.PollSchedule;
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
 * Starts the sending of messages that a person has released from the quarantine, beside the main flow: as long as
 * something is in quarantine, one {@link ReleaseRun} after another searches for due messages. Used by the sending
 * thread, except for the runs.
 */
final class Releases {

    private static final Logger log = ReadableLogger.of(Releases.class);
    private static final Duration RUN_EVERY = Duration.ofMillis(500);
    private static final Duration PAUSE_AFTER_TROUBLE = Duration.ofSeconds(1);
    private static final Duration IDLE = Duration.ofSeconds(5);

    private final Function<Set<Integer>, ReleaseRun> runs;
    private final SendGate sendGate;
    private final Runnable onLoaded;
    private final Runnable onEnded;
    private final FailureLog failures;
    private final ThreadPoolExecutor thread;
    private long nextRun = System.nanoTime();
    private Set<Integer> lanesBefore = Set.of();
    private @Nullable ReleaseRun run;
    private volatile @Nullable Ended result; // of the run, once it has ended

    /**
     * The end of a run.
     *
     * @param pause until the next one
     * @param changed whether messages may have left the quarantine
     */
    private record Ended(Duration pause, boolean changed) {}

    /**
     * Creates the releases.
     *
     * @param runs creates a run for these lanes
     * @param onLoaded called when the blocked keys were loaded, so that some keys may be free
     * @param onEnded called on another thread when a run has ended
     */
    Releases(
            Function<Set<Integer>, ReleaseRun> runs,
            SendGate sendGate,
            Runnable onLoaded,
            Runnable onEnded,
            Infrastructure infrastructure) {
        this.runs = runs;
        this.sendGate = sendGate;
        this.onLoaded = onLoaded;
        this.onEnded = onEnded;
        this.failures = new FailureLog(
                log,
                Level.WARN,
                infrastructure,
                "Messages released from the quarantine cannot be sent; they stay there, and the relay retries every second",
                "Messages released from the quarantine are sent again");
        CustomizableThreadFactory factory = new CustomizableThreadFactory("rm-releases-");
        factory.setDaemon(true);
        this.thread = new ThreadPoolExecutor(
                1, 1, IDLE.toNanos(), TimeUnit.NANOSECONDS, new LinkedBlockingQueue<>(), factory);
        thread.allowCoreThreadTimeOut(true);
    }

    /**
     * Takes the result of a run that has ended, reloads the blocked keys if that may have changed them, and begins a
     * run when one is due.
     *
     * @param lanes our lanes
     * @param leftOut returns topics to send nothing to
     * @param pollSchedule tells whether messages were released
     */
    void follow(Set<Integer> lanes, Supplier<Set<String>> leftOut, PollSchedule pollSchedule) {
        takeEnded(pollSchedule);
        if (pollSchedule.takeReleased() || !lanes.equals(lanesBefore)) {
            nextRun = System.nanoTime();
        }
        lanesBefore = Set.copyOf(lanes);
        if (sendGate.follow(lanes, run == null ? Map.of() : run.keys())) {
            onLoaded.run();
        }
        if (run != null || !sendGate.hasQuarantined() || System.nanoTime() - nextRun < 0) {
            return;
        }
        ReleaseRun next = runs.apply(lanes);
        Set<String> topics = leftOut.get();
        thread.execute(() -> send(next, topics));
        run = next;
    }

    // Messages that the run has deleted no longer block their keys. Nothing else removes messages that the main flow
    // might follow, and only the main flow adds some: so the keys loaded now are exact.
    private void takeEnded(PollSchedule pollSchedule) {
        Ended last = result;
        if (run == null || last == null) {
            return;
        }
        result = null;
        run = null;
        Duration pause = last.pause().equals(RUN_EVERY) ? pollSchedule.slowIntervalOr(RUN_EVERY) : last.pause();
        nextRun = System.nanoTime() + pause.toNanos();
        if (last.changed()) {
            sendGate.forgetBlocked();
        }
    }

    private void send(ReleaseRun next, Set<String> leftOut) {
        Ended end = new Ended(PAUSE_AFTER_TROUBLE, true);
        try {
            ReleaseRun.Found found = next.send(leftOut);
            end = new Ended(
                    found == ReleaseRun.Found.DUE ? Duration.ZERO : RUN_EVERY, found != ReleaseRun.Found.NONE_DUE);
            failures.worked();
        } catch (InterruptedException e) {
            log.debug("A run of released messages was interrupted without a stop; the next run goes on");
        } catch (Throwable t) { // an Error, too: no more messages would be released
            failures.failed(t);
        } finally {
            result = end;
            onEnded.run();
        }
    }

    /** Returns whether released messages of a lane are under way. */
    boolean hasUnderWay(int lane) {
        return run != null && result == null && run.hasUnderWay(lane);
    }

    /** Stops sending messages of other lanes than these. */
    void retain(Set<Integer> lanes) {
        if (run != null) {
            run.retain(lanes);
        }
    }

    /** Gives up the messages under way: the lanes were lost, or are of another server. */
    void abandon() {
        if (run != null) {
            run.abandon();
        }
    }

    /** Sends nothing more; messages under way may still be answered. */
    void finish() {
        if (run != null) {
            run.finish();
        }
    }

    /** Returns whether answers may still come. */
    boolean isSending() {
        return run != null && result == null;
    }

    /** Ends at once. */
    void close() {
        abandon();
        thread.shutdown();
    }
}
