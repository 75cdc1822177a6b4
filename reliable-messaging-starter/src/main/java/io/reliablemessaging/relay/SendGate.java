package io.reliablemessaging.relay;

import io.reliablemessaging.MessagingObserver;
import io.reliablemessaging.outbox.OutboxRecord;
import io.reliablemessaging.producer.ProducerRestarts;
import io.reliablemessaging.producer.RelayProducer.NotSent;
import io.reliablemessaging.producer.SendVerdict;
import io.reliablemessaging.producer.TopicQuestions;
import io.reliablemessaging.quarantine.BlockedKeys;
import io.reliablemessaging.quarantine.QuarantineTable;
import io.reliablemessaging.quarantine.TopicKey;
import io.reliablemessaging.reachability.Infrastructure;
import io.reliablemessaging.text.LoggedFailure;
import io.reliablemessaging.text.ReadableLogger;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.apache.kafka.common.errors.ApiException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.event.Level;

/**
 * Decides which rows have to wait, and learns from failures: a row waits behind a quarantined row of its key, behind a
 * suspect of its key, or because its topic is paused or all sending is.
 */
final class SendGate {

    private static final Logger log = ReadableLogger.of(SendGate.class);

    private static final int MOST_THROWN_TIMES = 3;

    private final QuarantineTable quarantine;
    private final BlockedKeys blockedKeys;
    private final RowsInDoubt rowsInDoubt = new RowsInDoubt();
    private final ProducerRestarts producerRestarts = new ProducerRestarts();
    private final HeldTopics held;
    private final Infrastructure infrastructure;
    private final ProducerRefusal producerRefusal;
    private final MessagingObserver observer;
    private @Nullable OutboxRecord thrownAt;
    private int thrownTimes;

    SendGate(
            QuarantineTable quarantine,
            ProducerRefusal producerRefusal,
            MessagingObserver observer,
            Infrastructure infrastructure) {
        this.infrastructure = infrastructure;
        this.held = new HeldTopics(infrastructure);
        this.producerRefusal = producerRefusal;
        this.observer = observer;
        this.quarantine = quarantine;
        this.blockedKeys = new BlockedKeys(quarantine);
    }

    /** Returns whether no broker answers at all. */
    boolean isClusterAway() {
        return infrastructure.kafka().isAway();
    }

    /** Returns the topics to send nothing to for now. */
    Set<String> pausedTopics() {
        return held.pausedTopics();
    }

    /** Returns the topics whose pause is over, so that they are due for a retry. */
    Set<String> topicsToRetry() {
        return held.topicsToRetry();
    }

    /** Notes topics with messages in flight of which none was answered for long. */
    void noteSilence(Set<String> topics) {
        topics.forEach(held::noteSilence);
    }

    /**
     * Returns the held topics: they have refused a record or fallen silent, and have taken none since. Called by other
     * threads, too.
     */
    Set<String> heldTopics() {
        return held.heldTopics();
    }

    /** Returns whether nothing must be sent to a topic for now. */
    boolean isPaused(String topic) {
        return held.isPaused(topic);
    }

    /** Returns why a topic is held; null if it is not. Called by other threads, too. */
    @Nullable
    String whyHeld(String topic) {
        return held.whyHeld(topic);
    }

    /** Returns whether all rows have to wait: Kafka refuses us, or a producer has just failed. */
    boolean isSendingPaused() {
        return producerRefusal.isPausing() || producerRestarts.isWaiting(System.nanoTime());
    }

    /** Returns the time until some waiting row may be sent, at most the limit. */
    Duration untilNext(Duration limit) {
        long now = System.nanoTime();
        return rowsInDoubt.untilNext(producerRestarts.untilNext(limit, now), now);
    }

    /** Returns whether a row is behind a quarantined one of its key. */
    boolean isBehindQuarantined(OutboxRecord row) {
        return blockedKeys.isBlocked(row);
    }

    /** Returns whether a row is a suspect, which must be sent alone. */
    boolean isSuspect(OutboxRecord row) {
        return rowsInDoubt.isSuspect(row);
    }

    /** Returns whether a row must wait for a suspect: it is behind one of its key, or is one that is not due yet. */
    boolean mustWaitForSuspect(OutboxRecord row) {
        return !rowsInDoubt.isEmpty() && rowsInDoubt.mustWait(row, System.nanoTime());
    }

    /**
     * Sets our lanes: forgets suspects of others, and loads the quarantined keys unless they are known.
     *
     * @param underWay keys of released messages that are being sent, each with its first id
     * @return whether they were loaded
     */
    boolean follow(Set<Integer> lanes, Map<TopicKey, Long> underWay) {
        rowsInDoubt.retain(lanes);
        return blockedKeys.follow(lanes, underWay);
    }

    /** Returns whether a message of our lanes is in quarantine. */
    boolean hasQuarantined() {
        return !blockedKeys.isQuarantineEmpty();
    }

    /** Makes the next {@link #follow} load the quarantined keys anew. */
    void forgetBlocked() {
        blockedKeys.forget();
    }

    /** Forgets which rows and keys wait, because they are of another database server. Topics stay held. */
    void forgetRows() {
        blockedKeys.forget();
        rowsInDoubt.clear();
    }

    /**
     * Quarantines the rows that are behind quarantined ones of their keys, and returns the other rows. A row whose key
     * is released stays in the outbox: if more of them came all the time, the key would never be free. No row may be
     * quarantined once an earlier one of its key has been left in the outbox.
     *
     * @param left takes the rows that stay in the outbox
     */
    List<OutboxRecord> quarantineFollowers(List<OutboxRecord> rows, Consumer<OutboxRecord> left) {
        List<OutboxRecord> followers = blockedKeys.blockedAmong(rows);
        if (followers.isEmpty()) {
            return rows;
        }
        followers.stream().filter(blockedKeys::isKeyReleased).forEach(left);
        quarantine.moveBehind(followers.stream()
                .filter(row -> !blockedKeys.isKeyReleased(row))
                .toList());
        return rows.stream().filter(row -> !blockedKeys.isBlocked(row)).toList();
    }

    /** Notes that the broker has taken a row, in this partition. */
    void noteTaken(OutboxRecord row, int partition) {
        producerRefusal.noteTaken();
        producerRestarts.noteTaken();
        held.noteTaken(row.message().topic());
        rowsInDoubt.noteTaken(row, partition);
    }

    /** Notes that the broker has taken a released row. Called on the thread of releases. */
    void noteReleasedTaken(OutboxRecord row) {
        producerRefusal.noteTaken();
        held.noteTaken(row.message().topic());
    }

    /**
     * Judges the failures of a producer. A batch fails with one exception for all its records, unless the broker names
     * the bad ones. So a record is known to be to blame only if no other is accused with it.
     *
     * @return suspects, which are accused together: each must be sent alone
     */
    List<OutboxRecord> judge(List<NotSent> failures) {
        List<NotSent> accused = accused(failures);
        // each restart removes a record that is to blame, and a topic is paused by itself
        if (failures.stream()
                .noneMatch(each -> each.verdict() == SendVerdict.RECORD || each.verdict() == SendVerdict.TOPIC)) {
            producerRestarts.noteFailure(System.nanoTime());
        }
        for (NotSent failure : failures) {
            log.debug("Not sent: message {}", failure.row().message().id(), failure.cause());
            if (!accused.equals(List.of(failure))) { // otherwise judgeAlone reports it
                observeNotSent(failure.row(), failure.cause());
            }
            if (failure.verdict() == SendVerdict.TOPIC) {
                held.hold(failure.row().message().topic(), failure.cause());
            } else if (failure.verdict() == SendVerdict.PRODUCER) {
                producerRefusal.note(failure.cause());
            }
        }
        if (accused.size() == 1) {
            judgeAlone(accused.get(0));
            return List.of();
        }
        return accused.stream().map(NotSent::row).toList();
    }

    // If the broker names a record, or another cause is known, the rest of its batch fails with an unknown cause.
    private static List<NotSent> accused(List<NotSent> failures) {
        List<NotSent> named = failures.stream()
                .filter(each -> each.verdict() == SendVerdict.RECORD)
                .toList();
        boolean known = failures.stream()
                .anyMatch(each -> each.verdict() == SendVerdict.TOPIC || each.verdict() == SendVerdict.PRODUCER);
        return !named.isEmpty() || known
                ? named
                : failures.stream()
                        .filter(each -> each.verdict() == SendVerdict.UNKNOWN)
                        .toList();
    }

    /** Notes that the cluster has given no answer about a topic, so none of its records can be sent. */
    void noteUnanswered(TopicQuestions.Unanswered topic) {
        if (topic.row() != null) {
            observeNotSent(topic.row(), topic.cause());
        }
        if (SendVerdict.on(topic.cause()) == SendVerdict.PRODUCER) {
            producerRefusal.note(topic.cause());
        } else {
            held.hold(topic.topic(), topic.cause());
        }
    }

    /** Judges a row that send() has refused. */
    void judgeRefused(OutboxRecord row, Exception cause) {
        judgeAlone(NotSent.refusedBySend(row, cause));
    }

    /** Judges the failure of a row that was alone in its batch. */
    void judgeAlone(NotSent failure) {
        OutboxRecord row = failure.row();
        observeNotSent(row, failure.cause());
        switch (failure.verdict()) {
            case RECORD -> quarantine(row, failure.cause());
            case TOPIC, TRANSIENT -> held.hold(row.message().topic(), failure.cause());
            case PRODUCER -> producerRefusal.note(failure.cause());
            case UNKNOWN -> suspect(row, failure.partition(), failure.cause());
        }
    }

    /**
     * Judges an Error that send() has thrown for a row. At first it is rethrown, so that the relay starts anew, since
     * the cause is unknown. If the same row throws repeatedly, the row is to blame.
     *
     * @return the failure of the row
     */
    Exception judgeThrown(OutboxRecord row, Error error) {
        boolean sameRow = thrownAt != null && thrownAt.id() == row.id() && thrownAt.lane() == row.lane();
        thrownTimes = sameRow ? thrownTimes + 1 : 1;
        thrownAt = row;
        boolean fatal = error instanceof VirtualMachineError && !(error instanceof StackOverflowError);
        if (fatal || thrownTimes < MOST_THROWN_TIMES) {
            throw error;
        }
        return new IllegalStateException("send() of the Kafka producer has thrown " + LoggedFailure.line(error), error);
    }

    private void suspect(OutboxRecord row, @Nullable Integer partition, Exception cause) {
        boolean known = rowsInDoubt.isSuspect(row);
        switch (rowsInDoubt.noteFailure(row, partition, System.nanoTime())) {
            case ROW -> quarantine(row, cause);
            case TOPIC -> held.hold(row.message().topic(), cause);
            case UNDECIDED ->
                log.atLevel(known ? Level.DEBUG : Level.WARN)
                        .log(
                                "Message {} to topic {} was not sent, for an unknown cause: {}. It is retried alone; later messages"
                                        + " of its key wait, others are sent. If it keeps failing while others are sent, it is"
                                        + " quarantined",
                                row.message().id(),
                                row.message().topic(),
                                LoggedFailure.line(cause));
        }
    }

    /** Judges the failure of a released row. Called on the thread of releases. */
    void judgeReleased(OutboxRecord row, Exception cause) {
        observeNotSent(row, cause);
        switch (SendVerdict.on(cause)) {
            case RECORD, UNKNOWN -> quarantine.revokeRelease(row, cause);
            case TOPIC, TRANSIENT -> held.hold(row.message().topic(), cause);
            case PRODUCER -> producerRefusal.note(cause);
        }
    }

    /** Quarantines a row that is no record for Kafka. Its topic is not to blame, and other rows are sent. */
    void quarantineUnreadable(OutboxRecord row, Exception cause) {
        observeNotSent(row, cause);
        quarantine(row, cause);
    }

    /** Revokes the release of a row that is no record for Kafka. Called on the thread of releases. */
    void requarantineUnreadable(OutboxRecord row, Exception cause) {
        observeNotSent(row, cause);
        quarantine.revokeRelease(row, cause);
    }

    private void observeNotSent(OutboxRecord row, Exception cause) {
        observer.notSent(row.message().id(), row.message().topic(), cause);
    }

    private void quarantine(OutboxRecord culprit, Exception cause) {
        if (!quarantine.move(culprit, cause)) {
            return; // another instance owns the lane by now and finds out for itself
        }
        blockedKeys.block(culprit);
        log.error(
                "Message {} to topic {} is in quarantine, with the later messages of its key: {}: {}."
                        + " Fix the cause and release it, or skip it",
                culprit.message().id(),
                culprit.message().topic(),
                isBrokersAnswer(cause) ? "the broker refuses it" : "it cannot be sent as it is",
                LoggedFailure.line(cause));
        observer.quarantined(culprit.message().id(), culprit.message().topic(), cause);
    }

    private static boolean isBrokersAnswer(Exception cause) {
        return cause instanceof ApiException;
    }
}
