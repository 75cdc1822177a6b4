package io.reliablemessaging.relay;

import io.reliablemessaging.intake.Intake;
import io.reliablemessaging.intake.KnownServer;
import io.reliablemessaging.intake.TopicWindows;
import io.reliablemessaging.lanes.LaneKeeper;
import io.reliablemessaging.lanes.LaneLease;
import io.reliablemessaging.lanes.OutboxSignal;
import io.reliablemessaging.outbox.ServerIdentity;
import io.reliablemessaging.producer.BatchingPause;
import io.reliablemessaging.producer.Completions;
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
 * Sends the rows of our lanes, in rounds:
 *
 * <ol>
 *   <li>check that the lanes are ours ({@link LaneKeeper} renews them beside this loop);
 *   <li>{@link Intake} reads their heads from the floor, without rows in flight;
 *   <li>{@link RowSender} sends them without waiting. If the instance dies here, the rows are still stored, and the next
 *       owner sends them;
 *   <li>{@link Completions} delete the rows that the broker acknowledges, while this loop reads on. If the instance
 *       dies before the delete, the rows are sent twice, and the inbox drops the second.
 * </ol>
 *
 * <p>{@link Releases} send released messages of the quarantine, on another thread.
 *
 * <p>One thread reads and sends for all lanes, and one deletes: the waits are for the database and the broker, and both
 * get their next batch while the last one is under way.
 */
final class RelayLoop implements Runnable {

    private static final Logger log = ReadableLogger.of(RelayLoop.class);
    private static final Duration PAUSE_AFTER_TROUBLE = Duration.ofSeconds(1);

    // messages wait for the break: longer ones save little more, and shorter ones take resources from transactions
    private static final Duration LONGEST_BREAK = Duration.ofMillis(5);

    private final LaneKeeper keeper;
    private final Intake intake;
    private final RowSender rowSender;
    private final SendGate sendGate;
    private final Releases releases;
    private final Completions completions;
    private final OutboxSignal signal;
    private final RelayProperties settings;

    private final KnownServer server = new KnownServer();
    private final BatchingPause batchingPause = new BatchingPause(LONGEST_BREAK);
    private int lastBatch;
    private final FailureLog failures;
    private @Nullable Throwable failure;
    private volatile @Nullable String trouble;
    private volatile boolean running = true;

    RelayLoop(
            LaneKeeper keeper,
            Intake intake,
            RowSender rowSender,
            SendGate sendGate,
            Releases releases,
            Completions completions,
            OutboxSignal signal,
            RelayProperties settings,
            Infrastructure infrastructure) {
        this.keeper = keeper;
        this.intake = intake;
        this.rowSender = rowSender;
        this.sendGate = sendGate;
        this.releases = releases;
        this.completions = completions;
        this.signal = signal;
        this.settings = settings;
        this.failures = new FailureLog(
                log,
                Level.ERROR,
                infrastructure,
                "The relay cannot work; messages wait in the outbox, and it retries every second. Fix the cause",
                "The relay works again");
    }

    /** Stops reading; rows in flight have a third of the lease to be acknowledged. */
    void stop() {
        running = false;
        signal.wake();
    }

    /** Returns what prevents it from working; null if nothing does. */
    @Nullable
    String trouble() {
        return trouble;
    }

    @Override
    public void run() {
        try {
            while (running) {
                runGuardedRound();
            }
            drain();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            releases.close();
            rowSender.close();
            intake.close();
            completions.stop();
        }
    }

    private void runGuardedRound() throws InterruptedException {
        try {
            if (failure != null) {
                startAnewAfter(failure);
            }
            leaveLanesIfUnfit();
            failure = rowSender.takeThreadFailure(); // of a thread of the producer: the relay starts anew, and logs it
            if (failure != null) {
                return;
            }
            if (running) {
                runRound();
            }
            if (!rowSender.isAwaitingMetadata()) { // otherwise nothing was sent yet, so success is not known
                trouble = null;
                failures.worked();
            }
        } catch (Throwable t) {
            if (t instanceof InterruptedException stopped && !running) {
                throw stopped;
            }
            failure = t; // nothing more here: after an OutOfMemoryError, it could fail as well
        }
    }

    // After any failure, such as an Error of a library or an interrupt that was meant for other code, it is unknown how
    // far the round has come. If a row counted as in flight and were not, later rows of its key would overtake it.
    private void startAnewAfter(Throwable thrown) throws InterruptedException {
        pause(); // first, so that every retry has a pause, whatever fails below
        var unused = rowSender.giveUp();
        intake.close();
        keeper.noteFailure(thrown);
        trouble = thrown.toString();
        failures.failed(thrown);
        failure = null;
    }

    // As for lost lanes: the producer is closed before another instance can own them.
    private void leaveLanesIfUnfit() {
        if (keeper.mustLeave()) {
            releases.abandon();
            sendGate.forgetBlocked();
            var unused = rowSender.giveUp();
            keeper.leave();
        }
    }

    // waits for the whole pause, although commits wake this thread
    private void pause() throws InterruptedException {
        long end = System.nanoTime() + PAUSE_AFTER_TROUBLE.toNanos();
        for (long left = PAUSE_AFTER_TROUBLE.toNanos(); running && left > 0; left = end - System.nanoTime()) {
            signal.await(Duration.ofNanos(left));
        }
    }

    private void runRound() throws InterruptedException {
        startAnewIfFencedOrFailed();
        rowSender.takeSettled();
        LaneLease lease = keeper.lease();
        Set<Integer> lanes = handOverSurplus(lease);
        boolean more = !lanes.isEmpty() && !lease.isOver() && !sendGate.isSendingPaused() && sendOnce(lease, lanes);
        if (!more) {
            batchingPause.noteServed(lastBatch);
            lastBatch = 0;
            pauseBetweenReads();
            signal.await(sendGate.untilNext(untilNextPoll()));
        }
    }

    // Fenced or failed, the reaction is the same: nothing more is sent, and all rows that are not acknowledged are
    // read again.
    private void startAnewIfFencedOrFailed() {
        boolean fenced = keeper.takeFenced();
        if (fenced) {
            intake.forget();
            releases.abandon();
            sendGate.forgetBlocked();
            var unused = rowSender.giveUp();
        } else if (rowSender.hasFailed()) {
            rowSender.startAnew();
        } else {
            rowSender.startAnewIfStuck();
        }
    }

    // A promoted standby gives ids out again: knowledge of a row of the old server must not hide a row of the new one.
    // If this fails in between, the next round detects the change again.
    private boolean startAnewOnAnotherServer() {
        ServerIdentity now = intake.askServer();
        boolean another = server.isReplacedBy(now);
        if (another) {
            releases.abandon();
            rowSender.forgetAll();
            sendGate.forgetRows();
            keeper.startAnew();
        }
        server.learn(now);
        return another;
    }

    // Lanes of other instances' shares are not read any more, and are handed over once none of their rows is in flight.
    private Set<Integer> handOverSurplus(LaneLease lease) {
        TreeSet<Integer> lanes = new TreeSet<>(lease.lanes());
        Set<Integer> idle = new TreeSet<>();
        for (int surplus = lease.surplus(); surplus > 0; surplus--) {
            idle.add(lanes.pollLast());
        }
        releases.retain(lanes); // first: from here on nothing of the other lanes is sent
        idle.removeIf(lane -> rowSender.inFlight().hasLane(lane) || releases.hasUnderWay(lane));
        if (!idle.isEmpty()) {
            keeper.handOver(idle);
        }
        intake.retain(lanes);
        return lanes;
    }

    /** Reads and sends once; returns whether there is more to do at once. */
    private boolean sendOnce(LaneLease lease, Set<Integer> lanes) throws InterruptedException {
        if (startAnewOnAnotherServer()) {
            return false; // the lanes are leased from the new server first, and that wakes this thread
        }
        keeper.pollSchedule().noteReleased(signal.takeReleased());
        releases.follow(lanes, rowSender::updatePausedTopics, keeper.pollSchedule());
        rowSender.suspectSender().advance(lease);
        return readAndSend(lease, lanes);
    }

    // Conditions that end by themselves, as a topic's pause does, are checked at the usual interval.
    private Duration untilNextPoll() {
        if (rowSender.inFlight().topics().mayBecomeCrowded()) {
            return shorter(TopicWindows.CROWDING);
        }
        boolean idle = rowSender.inFlight().rows() == 0
                && !sendGate.isSendingPaused()
                && sendGate.heldTopics().isEmpty();
        Duration poll = keeper.pollSchedule().untilNextPoll();
        return idle ? poll : shorter(poll);
    }

    private Duration shorter(Duration limit) {
        return limit.compareTo(settings.pollInterval()) < 0 ? limit : settings.pollInterval();
    }

    private void pauseBetweenReads() {
        for (long left = batchingPause.left(); running && left > 0; left = batchingPause.left()) {
            LockSupport.parkNanos(left);
        }
    }

    private boolean readAndSend(LaneLease lease, Set<Integer> lanes) {
        Set<String> leftOut = rowSender.updateTopicsToLeaveOut();
        if (!rowSender.inFlight().topics().hasRoomToRead(leftOut)) {
            completions.announceNext();
            return false;
        }
        Intake.Batch batch = intake.readNext(lanes, rowSender.inFlight(), leftOut);
        boolean full = rowSender.send(batch.rows(), lease);
        intake.noteSent(rowSender.inFlight());
        lastBatch = batch.rows().size();
        keeper.pollSchedule().noteFound(lastBatch);
        if (full || rowSender.inFlight().topics().isCrowded()) {
            completions.announceNext(); // deleted rows make room
        }
        return batch.more() && !full;
    }

    // Rows in flight may still be acknowledged; the next owner sends the others again.
    private void drain() throws InterruptedException {
        long deadline = System.nanoTime() + settings.thirdOfLease().toNanos();
        rowSender.suspectSender().sendNoMore();
        releases.finish();
        rowSender.takeSettled();
        while ((rowSender.isSending() || releases.isSending()) && System.nanoTime() - deadline < 0) {
            completions.announceNext();
            signal.await(Duration.ofMillis(50));
            rowSender.takeSettled();
        }
    }
}
