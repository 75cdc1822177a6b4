package io.reliablemessaging.relay;

import io.reliablemessaging.outbox.OutboxSignal;
import io.reliablemessaging.outbox.ServerIdentity;
import io.reliablemessaging.reachability.FailureLog;
import io.reliablemessaging.reachability.Infrastructure;
import io.reliablemessaging.text.ReadableLogger;
import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.event.Level;

/**
 * Sends what is in our lanes, over and over:
 *
 * <ol>
 *   <li>make sure that the lanes are ours ({@link LaneKeeper} renews them beside this loop);
 *   <li>{@link Intake} reads their heads from the floor, without what is in flight;
 *   <li>{@link Dispatch} sends all of it without waiting. Dies here: the rows are still there, the next owner sends them again;
 *   <li>{@link Completions} delete what the broker acknowledges, lane by lane, while this loop reads on. Dies before: sent
 *       twice, the inbox drops the second.
 * </ol>
 *
 * <p>{@link Releases} send what comes from the quarantine, beside this.
 *
 * <p>One thread reads and sends for all lanes, and one deletes: the database and the broker are what is waited for, and both
 * get their next batch while the last one is under way.
 */
final class RelayLoop implements Runnable {

    private static final Logger log = ReadableLogger.of(RelayLoop.class);
    private static final Duration PAUSE_AFTER_TROUBLE = Duration.ofSeconds(1);

    // messages wait for it: longer ones save little more, and shorter ones cost what transactions need
    private static final Duration LONGEST_BREAK = Duration.ofMillis(5);

    private final LaneKeeper keeper;
    private final Intake intake;
    private final Dispatch dispatch;
    private final Waiting waiting;
    private final Releases releases;
    private final Completions completions;
    private final OutboxSignal signal;
    private final RelayProperties settings;

    private final KnownServer server = new KnownServer();
    private final Pace pace = new Pace(LONGEST_BREAK);
    private int lately;
    private final FailureLog failures;
    private @Nullable Throwable failure;
    private volatile @Nullable String trouble;
    private volatile boolean running = true;

    RelayLoop(
            LaneKeeper keeper,
            Intake intake,
            Dispatch dispatch,
            Waiting waiting,
            Releases releases,
            Completions completions,
            OutboxSignal signal,
            RelayProperties settings,
            Infrastructure infrastructure) {
        this.keeper = keeper;
        this.intake = intake;
        this.dispatch = dispatch;
        this.waiting = waiting;
        this.releases = releases;
        this.completions = completions;
        this.signal = signal;
        this.settings = settings;
        this.failures = new FailureLog(
                log,
                Level.ERROR,
                infrastructure,
                "The relay cannot work; messages wait in the outbox and it tries again every second",
                "The relay works again");
    }

    /** Reads no more; what is in flight has a third of the lease to be acknowledged. */
    void stop() {
        running = false;
        signal.wake();
    }

    /** What keeps it from working, if anything does. */
    @Nullable
    String trouble() {
        return trouble;
    }

    @Override
    public void run() {
        try {
            while (running) {
                guardedRound();
            }
            drain();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            releases.close();
            dispatch.close();
            intake.close();
            completions.stop();
        }
    }

    private void guardedRound() throws InterruptedException {
        try {
            if (failure != null) {
                startAnewAfter(failure);
            }
            leaveIfUnfit();
            failure = dispatch.broken(); // on a thread of the producer: the relay starts anew, and says so
            if (failure != null) {
                return;
            }
            if (running) {
                round();
            }
            if (!dispatch.hasAsked()) { // or nothing was sent yet, and so nothing has worked
                trouble = null;
                failures.worked();
            }
        } catch (Throwable t) {
            if (t instanceof InterruptedException stopped && !running) {
                throw stopped;
            }
            failure = t; // nothing more is done here: after an OutOfMemoryError, that could fail as well
        }
    }

    // Whatever it was, an Error of a library or an interrupt that was meant for somebody else, nobody knows how far the
    // round has come. A row that counts as in flight and is not would let the later ones of its key pass it.
    private void startAnewAfter(Throwable thrown) throws InterruptedException {
        pause(); // first, so that nothing is repeated without a pause, whatever fails below
        var unused = dispatch.giveUp();
        intake.close();
        keeper.failed(thrown);
        trouble = thrown.toString();
        failures.failed(thrown);
        failure = null;
    }

    // As for those that are lost: the producer is closed before another instance can have the lanes.
    private void leaveIfUnfit() {
        if (keeper.isToLeave()) {
            releases.abandon();
            waiting.forgetBlocked();
            var unused = dispatch.giveUp();
            keeper.leave();
        }
    }

    // all of it, although those who commit meanwhile wake us
    private void pause() throws InterruptedException {
        long end = System.nanoTime() + PAUSE_AFTER_TROUBLE.toNanos();
        for (long left = PAUSE_AFTER_TROUBLE.toNanos(); running && left > 0; left = end - System.nanoTime()) {
            signal.await(Duration.ofNanos(left));
        }
    }

    private void round() throws InterruptedException {
        startAnewIfFencedOrFailed();
        dispatch.settle();
        Lease lease = keeper.lease();
        Set<Integer> lanes = handOverSurplus(lease);
        boolean more = !lanes.isEmpty() && !lease.isOver() && !waiting.isRefused() && work(lease, lanes);
        if (!more) {
            pace.end(lately);
            lately = 0;
            rest();
            signal.await(waiting.untilNext(untilNextLook()));
        }
    }

    // Fenced or failed, the answer is the same: nothing more leaves, and all that is not acknowledged is read again.
    private void startAnewIfFencedOrFailed() {
        boolean fenced = keeper.wasFenced();
        if (fenced) {
            intake.forget();
            releases.abandon();
            waiting.forgetBlocked();
            var unused = dispatch.giveUp();
        } else if (dispatch.hasFailed()) {
            dispatch.startAnew();
        } else {
            dispatch.startAnewIfStuck();
        }
    }

    // A promoted standby gives ids out again: what is known of a row of the old server may not hide another of the new
    // one. Dies in between: the next round finds the same.
    private boolean startAnewOnAnotherServer() {
        ServerIdentity now = intake.server();
        boolean another = server.isReplacedBy(now);
        if (another) {
            releases.abandon();
            dispatch.forgetAll();
            waiting.forgetRows();
            keeper.startAnew();
        }
        server.learn(now);
        return another;
    }

    // Lanes that others should have are read no more, and handed over once nothing of theirs is in flight.
    private Set<Integer> handOverSurplus(Lease lease) {
        TreeSet<Integer> lanes = new TreeSet<>(lease.lanes());
        Set<Integer> idle = new TreeSet<>();
        for (int surplus = lease.surplus(); surplus > 0; surplus--) {
            idle.add(lanes.pollLast());
        }
        releases.retain(lanes); // first: no more of the others is sent from here on
        idle.removeIf(lane -> dispatch.inFlight().has(lane) || releases.has(lane));
        if (!idle.isEmpty()) {
            keeper.handOver(idle);
        }
        intake.retain(lanes);
        return lanes;
    }

    /** Returns whether there is more to do at once. */
    private boolean work(Lease lease, Set<Integer> lanes) throws InterruptedException {
        if (startAnewOnAnotherServer()) {
            return false; // the lanes are leased from the new one first, and that wakes us
        }
        keeper.attention().released(signal.takeReleased());
        releases.follow(lanes, dispatch::topicsThatTakeNothing, keeper.attention());
        dispatch.alone().advance(lease);
        return readAndSend(lease, lanes);
    }

    // What ends by itself, as a topic's hold does, is looked at as often as ever.
    private Duration untilNextLook() {
        if (dispatch.inFlight().topics().mayBecomeCrowded()) {
            return shorter(TopicWindows.CROWDING);
        }
        boolean idle = dispatch.inFlight().rows() == 0
                && !waiting.isRefused()
                && waiting.troubledTopics().isEmpty();
        Duration look = keeper.attention().untilNextLook();
        return idle ? look : shorter(look);
    }

    private Duration shorter(Duration limit) {
        return limit.compareTo(settings.pollInterval()) < 0 ? limit : settings.pollInterval();
    }

    private void rest() {
        for (long left = pace.left(); running && left > 0; left = pace.left()) {
            LockSupport.parkNanos(left);
        }
    }

    private boolean readAndSend(Lease lease, Set<Integer> lanes) {
        Set<String> leftOut = dispatch.topicsToLeaveOut();
        if (!dispatch.inFlight().topics().isRoomy(leftOut)) {
            completions.announceNext();
            return false;
        }
        Intake.Batch batch = intake.next(lanes, dispatch.inFlight(), leftOut);
        boolean full = dispatch.send(batch.rows(), lease);
        intake.sent(dispatch.inFlight());
        lately = batch.rows().size();
        keeper.attention().found(lately);
        if (full || dispatch.inFlight().topics().isCrowded()) {
            completions.announceNext(); // what is deleted makes room
        }
        return batch.more() && !full;
    }

    // What is in flight may still be acknowledged; what is not, by then, is sent again by the next owner.
    private void drain() throws InterruptedException {
        long deadline = System.nanoTime() + settings.lease().toNanos() / 3;
        dispatch.alone().sendNoMore();
        releases.finish();
        dispatch.settle();
        while ((dispatch.isSending() || releases.isSending()) && System.nanoTime() - deadline < 0) {
            completions.announceNext();
            signal.await(Duration.ofMillis(50));
            dispatch.settle();
        }
    }
}
