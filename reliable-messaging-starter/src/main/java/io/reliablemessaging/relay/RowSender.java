package io.reliablemessaging.relay;

import io.reliablemessaging.intake.RowsInFlight;
import io.reliablemessaging.lanes.LaneLease;
import io.reliablemessaging.outbox.OutboxRecord;
import io.reliablemessaging.outbox.SentRecord;
import io.reliablemessaging.producer.Completions;
import io.reliablemessaging.producer.RelayProducer;
import io.reliablemessaging.producer.RelayProducer.NotSent;
import io.reliablemessaging.producer.RelayProducers;
import io.reliablemessaging.producer.TopicQuestions;
import io.reliablemessaging.text.ReadableLogger;
import io.reliablemessaging.timing.Backoff;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.event.Level;

/**
 * Hands rows to the producer and records which are in flight. Opens a producer when it needs one, and a new one after a
 * failure. Used by one thread.
 */
final class RowSender {

    private static final Logger log = ReadableLogger.of(RowSender.class);

    // a minute with the default lease: longer than a cluster needs to elect a new leader
    private static final int UNANSWERED_FACTOR = 30;

    // of one reading: each is moved by a statement of its own, and the other rows wait for it
    private static final int MOST_FAULTY_ROWS = 50;

    // usually longer than a cluster needs to elect a new leader
    private static final Duration SILENCE = Duration.ofSeconds(10);
    private static final Duration LONGEST_STUCK = Duration.ofMinutes(16);

    private final RelayProducers producers;
    private final Completions completions;
    private final SendGate sendGate;
    private final Duration unanswered;
    private final RowsInFlight inFlight = new RowsInFlight();
    private final SuspectSender suspectSender;
    private long nextStuckCheck = System.nanoTime();
    private Backoff stuckAfter;
    private boolean awaitingMetadata;
    private @Nullable RelayProducer producer;

    /**
     * Creates a dispatch.
     *
     * @param patience longest normal time for an answer; after many times that, all rows in flight are sent again
     */
    RowSender(RelayProducers producers, Completions completions, SendGate sendGate, Duration patience) {
        this.producers = producers;
        this.completions = completions;
        this.sendGate = sendGate;
        this.unanswered = patience.multipliedBy(UNANSWERED_FACTOR);
        this.stuckAfter = Backoff.of(unanswered, LONGEST_STUCK);
        this.suspectSender = new SuspectSender(producers, completions, inFlight, sendGate);
    }

    RowsInFlight inFlight() {
        return inFlight;
    }

    /**
     * Sends all rows that need not wait, without waiting for answers.
     *
     * @return whether rows were left in the outbox because their topic has as much in flight as it may
     */
    boolean send(List<OutboxRecord> rows, LaneLease laneLease) {
        RelayProducer open = open();
        // A row of such a topic waits because an earlier row of the topic does. Not because of the clock or of free
        // room: these may change between two rows, and a later row would overtake an earlier one.
        Set<String> refusing = new HashSet<>();
        Set<String> ready = new HashSet<>();
        boolean full = false;
        int faulty = 0;
        for (OutboxRecord row : sendGate.quarantineFollowers(rows, inFlight::leave)) {
            String topic = row.message().topic();
            if (laneLease.isOver() || open.isClosed()) {
                break;
            }
            if (refusing.contains(topic) || sendGate.isBehindQuarantined(row) || sendGate.mustWaitForSuspect(row)) {
                continue;
            }
            if (sendGate.isSuspect(row)) {
                suspectSender.add(List.of(row));
                continue;
            }
            RuntimeException fault = open.findFault(row);
            if (fault != null && faulty++ < MOST_FAULTY_ROWS) {
                sendGate.quarantineUnreadable(row, fault);
                continue;
            }
            if (fault != null || !prepareToSend(row, open, ready) || !trySend(row, open)) {
                refusing.add(topic);
                full |= inFlight.topics().isFull(topic);
                if (sendGate.isSendingPaused()) {
                    startAnew();
                    break;
                }
            }
        }
        return full;
    }

    private boolean prepareToSend(OutboxRecord row, RelayProducer open, Set<String> ready) {
        String topic = row.message().topic();
        if (inFlight.topics().isFull(topic)) {
            return false;
        }
        if ((!ready.contains(topic) && !open.metadata().checkFor(row))
                || !open.partitions().checkFor(row)) {
            awaitingMetadata = true;
            return false;
        }
        ready.add(topic);
        return true;
    }

    private boolean trySend(OutboxRecord row, RelayProducer open) {
        inFlight.add(row);
        Exception refused;
        try {
            refused = open.send(row, completions);
        } catch (Error e) {
            refused = sendGate.judgeThrown(row, e);
        }
        if (refused == null) {
            return true;
        }
        inFlight.giveBack(row);
        open.metadata().forget(row.message().topic());
        sendGate.judgeRefused(row, refused);
        return false;
    }

    /** Updates the books of missing and silent topics, and returns the topics that take no records for now. */
    Set<String> updatePausedTopics() {
        holdMissing();
        Set<String> topics = silentTopics(System.nanoTime());
        sendGate.noteSilence(topics);
        topics.addAll(sendGate.pausedTopics());
        return topics;
    }

    /** Updates the topics whose rows must not be read for now, since they could not be sent, and returns them. */
    Set<String> updateTopicsToLeaveOut() {
        Set<String> leftOut = updatePausedTopics();
        leftOut.addAll(inFlight.topics().updateCrowding(System.nanoTime()));
        leftOut.addAll(suspectSender.topics());
        if (producer != null) {
            // before any of their rows is read: that could mean to walk over all rows of other topics
            sendGate.topicsToRetry().forEach(producer.metadata()::askFor);
            Set<String> asking = producer.topicsBeingAsked();
            leftOut.addAll(asking);
            awaitingMetadata = !asking.isEmpty();
        }
        return leftOut;
    }

    /** Returns whether the last round left rows out because the metadata of their topic are being requested. */
    boolean isAwaitingMetadata() {
        return awaitingMetadata;
    }

    // rows that the broker has acknowledged and the database has not deleted yet do not make their topic silent
    private Set<String> silentTopics(long now) {
        Set<String> silent = new HashSet<>(inFlight.topics().silentTopics(SILENCE, now));
        if (!silent.isEmpty()) {
            completions.unsettled().forEach(row -> silent.remove(row.message().topic()));
        }
        return silent;
    }

    private void holdMissing() {
        RelayProducer open = producer;
        if (open == null || open.isClosed()) {
            return;
        }
        for (TopicQuestions.Unanswered missing : open.takeUnanswered()) {
            sendGate.noteUnanswered(missing);
        }
        if (sendGate.isSendingPaused()) {
            startAnew();
        }
    }

    /** Takes the rows that were deleted, and updates the books. */
    void takeSettled() {
        for (SentRecord sent : completions.takeSettled()) {
            inFlight.remove(sent.row());
            suspectSender.noteTaken(sent.row());
            sendGate.noteTaken(sent.row(), sent.confirmation().partition());
        }
    }

    /** Returns the sender of suspects. */
    SuspectSender suspectSender() {
        return suspectSender;
    }

    /**
     * Starts anew if a row has had no answer for long. Such a row may be for a partition that is gone, since its topic
     * was deleted and created with fewer: the producer would wait for that partition for ever, and a new producer
     * chooses among the existing ones. While all brokers are away, or a topic takes nothing, this does little harm:
     * rows in flight are read and sent again, each time after twice the time.
     */
    void startAnewIfStuck() {
        long now = System.nanoTime();
        if (producer == null || now - nextStuckCheck < 0) {
            return;
        }
        nextStuckCheck = now + unanswered.toNanos() / 4;
        // the producer has the answer for acknowledged rows that wait for their deletion
        List<OutboxRecord> answered = completions.unsettled();
        if (!inFlight.hasOlder(now - SILENCE.toNanos(), answered)) {
            stuckAfter = stuckAfter.reset();
        } else if (inFlight.hasOlder(now - stuckAfter.delay().toNanos(), answered)) {
            boolean alreadyLogged = !stuckAfter.isFirst() || sendGate.isClusterAway();
            log.atLevel(alreadyLogged ? Level.DEBUG : Level.WARN)
                    .log(
                            "Kafka has not acknowledged messages that were sent {} ago. All messages in flight are sent again,"
                                    + " now and at growing intervals until it answers. Check the brokers and the leaders of the"
                                    + " partitions",
                            stuckAfter.delay());
            stuckAfter = stuckAfter.doubled();
            var unused = giveUp();
        }
    }

    /** Returns what a thread of the producers has failed with, and clears it; null if none has failed. */
    @Nullable
    Throwable takeThreadFailure() {
        Throwable failure = producer == null ? null : producer.takeThreadFailure();
        return failure == null ? suspectSender.takeThreadFailure() : failure;
    }

    /** Returns whether a failure has closed the producer. */
    boolean hasFailed() {
        return producer != null && producer.isClosed();
    }

    /**
     * Gives up the rows in flight, except those that are sent alone, and judges the failures. Rows that the broker has
     * not acknowledged are read and sent again.
     */
    void startAnew() {
        List<NotSent> failures = abandon();
        // before the failures are judged: that may fail without the database, and the rows must be sent again in
        // any case
        List<OutboxRecord> retained = new ArrayList<>(completions.unsettled());
        retained.addAll(suspectSender.rows());
        inFlight.retain(retained);
        suspectSender.add(sendGate.judge(failures));
        suspectSender.leaveBehind(failures.stream().map(NotSent::row).toList());
    }

    /**
     * Gives up all rows in flight. Rows that the broker has not acknowledged are read and sent again.
     *
     * @return the failures
     */
    List<NotSent> giveUp() {
        suspectSender.giveUp();
        List<NotSent> failures = abandon();
        inFlight.retain(completions.unsettled());
        return failures;
    }

    /** Forgets all rows, acknowledged or not, because another database server has replaced theirs. */
    void forgetAll() {
        suspectSender.giveUp();
        var unused = abandon(); // first: no answers come from now on
        completions.forgetAll();
        inFlight.retain(List.of());
    }

    /** Returns whether answers may still come. */
    boolean isSending() {
        return inFlight.rows() > 0 && ((producer != null && !producer.isClosed()) || suspectSender.isSending());
    }

    /** Closes the producer, and returns the failures. */
    List<NotSent> abandon() {
        List<NotSent> failures = producer == null ? List.of() : producer.abandon();
        producer = null;
        awaitingMetadata = false;
        return failures;
    }

    /**
     * Ends sending. If all rows sent are answered, the producer may end in its own time, which is short; otherwise the
     * rows in flight are given up.
     */
    void close() {
        suspectSender.giveUp();
        boolean answered = inFlight.rows() == completions.unsettled().size();
        if (producer != null && answered && !producer.isClosed()) {
            producer.end();
            producer = null;
        } else {
            var unused = abandon();
        }
    }

    private RelayProducer open() {
        if (producer == null) {
            producer = producers.open();
        }
        return producer;
    }
}
