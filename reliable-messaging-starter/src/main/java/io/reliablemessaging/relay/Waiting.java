package io.reliablemessaging.relay;

import io.reliablemessaging.MessagingObserver;
import io.reliablemessaging.outbox.OutboxRecord;
import io.reliablemessaging.reachability.Infrastructure;
import io.reliablemessaging.relay.RelayProducer.NotSent;
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
 * Which rows have to wait, and what made them: they are behind a refused one of their key, or behind one of which nobody knows
 * why it fails, or their topic takes none.
 */
final class Waiting {

    private static final Logger log = ReadableLogger.of(Waiting.class);

    private static final int MOST_THROWN = 3;

    private final QuarantineTable quarantine;
    private final Blocked blocked;
    private final Doubts doubts = new Doubts();
    private final Restarts restarts = new Restarts();
    private final HeldTopics held;
    private final Infrastructure infrastructure;
    private final Refusal refusal;
    private final MessagingObserver observer;
    private @Nullable OutboxRecord thrownAt;
    private int thrown;

    Waiting(QuarantineTable quarantine, Refusal refusal, MessagingObserver observer, Infrastructure infrastructure) {
        this.infrastructure = infrastructure;
        this.held = new HeldTopics(infrastructure);
        this.refusal = refusal;
        this.observer = observer;
        this.quarantine = quarantine;
        this.blocked = new Blocked(quarantine);
    }

    /** Whether no broker answers at all. */
    boolean isClusterAway() {
        return infrastructure.kafka().isAway();
    }

    /** Topics to leave alone for now. */
    Set<String> heldTopics() {
        return held.now();
    }

    /** Topics that are held, and whose time has come to try again. */
    Set<String> topicsToTry() {
        return held.ripe();
    }

    /** Topics of which messages are in flight, and none was answered for long. */
    void silent(Set<String> topics) {
        topics.forEach(held::silent);
    }

    /** Topics that have taken no record since they refused one, or fell silent. */
    Set<String> troubledTopics() {
        return held.all();
    }

    /** Whether a topic is left alone for now. */
    boolean isHeld(String topic) {
        return held.contains(topic);
    }

    /** What a topic waits for; null if nothing is known against it. Asked by other threads, too. */
    @Nullable
    String whyHeld(String topic) {
        return held.why(topic);
    }

    /** Whether all rows have to wait: Kafka refuses us, or the producer has failed just now. */
    boolean isRefused() {
        return refusal.isOn() || restarts.isWaiting(System.nanoTime());
    }

    /** How long until something may be sent that must not be sent now, at most the limit. */
    Duration untilNext(Duration limit) {
        long now = System.nanoTime();
        return doubts.untilNext(restarts.left(limit, now), now);
    }

    /** Whether one before it, of its key, was refused. */
    boolean isBehind(OutboxRecord row) {
        return blocked.contains(row);
    }

    /** Whether nobody knows why it fails: such a row is sent alone. */
    boolean isInDoubt(OutboxRecord row) {
        return doubts.contains(row);
    }

    /** Whether it, or one before it of its key, is left alone because nobody knows why it fails. */
    boolean mustWaitForDoubt(OutboxRecord row) {
        return !doubts.isEmpty() && doubts.holds(row, System.nanoTime());
    }

    /**
     * These lanes are ours: their keys with messages in quarantine are loaded, unless they are known.
     *
     * @param underWay keys of released messages that are being sent, each with the id of the first
     * @return whether they were loaded
     */
    boolean follow(Set<Integer> lanes, Map<TopicKey, Long> underWay) {
        doubts.retain(lanes);
        return blocked.follow(lanes, underWay);
    }

    /** Whether something of our lanes is in quarantine. */
    boolean hasQuarantined() {
        return !blocked.isEmpty();
    }

    /** Makes the next {@link #follow} load all again. */
    void forgetBlocked() {
        blocked.forget();
    }

    /** Forgets which rows and keys wait, for they are of another server. What Kafka does not take is still held. */
    void forgetRows() {
        blocked.forget();
        doubts.clear();
    }

    /**
     * Leaves out the rows that are behind refused ones of their keys, and moves them there. Behind released ones they stay
     * where they are: if more of them came all the time, their key would never be free. None may be moved once an earlier one
     * of its key has been left.
     *
     * @param left takes those that stay where they are
     */
    List<OutboxRecord> withoutBlocked(List<OutboxRecord> rows, Consumer<OutboxRecord> left) {
        List<OutboxRecord> followers = blocked.of(rows);
        if (followers.isEmpty()) {
            return rows;
        }
        followers.stream().filter(blocked::isReleased).forEach(left);
        quarantine.moveBehind(
                followers.stream().filter(row -> !blocked.isReleased(row)).toList());
        return rows.stream().filter(row -> !blocked.contains(row)).toList();
    }

    /** The broker has it, in this partition. */
    void taken(OutboxRecord row, int partition) {
        refusal.over();
        restarts.taken();
        held.taken(row.message().topic());
        doubts.taken(row, partition);
    }

    /** The broker has this one, which came from the quarantine. Called on another thread than the others. */
    void takenAgain(OutboxRecord row) {
        refusal.over();
        held.taken(row.message().topic());
    }

    /**
     * A producer has failed. A batch fails with one exception for all its records, unless the broker names the guilty ones. So a
     * single one is known to be the reason only if no other is accused with it.
     *
     * @return rows that are accused together: each must be sent alone
     */
    List<OutboxRecord> judge(List<NotSent> failures) {
        List<NotSent> accused = accused(failures);
        // a record that is to blame is out of the way with each restart, and a topic waits by itself
        if (failures.stream().noneMatch(each -> each.verdict() == Verdict.RECORD || each.verdict() == Verdict.TOPIC)) {
            restarts.failed(System.nanoTime());
        }
        for (NotSent failure : failures) {
            log.debug("Not sent: message {}", failure.row().message().id(), failure.cause());
            if (!accused.equals(List.of(failure))) { // otherwise it is told below
                notSent(failure.row(), failure.cause());
            }
            if (failure.verdict() == Verdict.TOPIC) {
                held.hold(failure.row().message().topic(), failure.cause());
            } else if (failure.verdict() == Verdict.PRODUCER) {
                refusal.by(failure.cause());
            }
        }
        if (accused.size() == 1) {
            failedAlone(accused.get(0));
            return List.of();
        }
        return accused.stream().map(NotSent::row).toList();
    }

    // Where the broker names a record, or something else is known, the rest of its batch fails with something unknown.
    private static List<NotSent> accused(List<NotSent> failures) {
        List<NotSent> named = failures.stream()
                .filter(each -> each.verdict() == Verdict.RECORD)
                .toList();
        boolean known = failures.stream()
                .anyMatch(each -> each.verdict() == Verdict.TOPIC || each.verdict() == Verdict.PRODUCER);
        return !named.isEmpty() || known
                ? named
                : failures.stream()
                        .filter(each -> each.verdict() == Verdict.UNKNOWN)
                        .toList();
    }

    /** Nothing is known of the topic, so none of its records can be sent. */
    void missing(TopicQuestions.Unanswered topic) {
        if (topic.row() != null) {
            notSent(topic.row(), topic.cause());
        }
        if (Verdict.on(topic.cause()) == Verdict.PRODUCER) {
            refusal.by(topic.cause());
        } else {
            held.hold(topic.topic(), topic.cause());
        }
    }

    /** Only this one was refused, and nothing else with it. */
    void refused(OutboxRecord row, Exception cause) {
        failedAlone(NotSent.inThread(row, cause));
    }

    /** Only this one has failed, and nothing else was in its batch. */
    void failedAlone(NotSent failure) {
        OutboxRecord row = failure.row();
        notSent(row, failure.cause());
        switch (failure.verdict()) {
            case RECORD -> quarantine(row, failure.cause());
            case TOPIC, TRANSIENT -> held.hold(row.message().topic(), failure.cause());
            case PRODUCER -> refusal.by(failure.cause());
            case UNKNOWN -> doubt(row, failure.partition(), failure.cause());
        }
    }

    /**
     * This came out of the sending of this row. The relay starts anew at first, since it may be anybody's; if it comes again and
     * again, it is this row's, as far as is known.
     *
     * @return what to say against the row
     */
    Exception thrown(OutboxRecord row, Error error) {
        boolean again = thrownAt != null && thrownAt.id() == row.id() && thrownAt.lane() == row.lane();
        thrown = again ? thrown + 1 : 1;
        thrownAt = row;
        boolean fatal = error instanceof VirtualMachineError && !(error instanceof StackOverflowError);
        if (fatal || thrown < MOST_THROWN) {
            throw error;
        }
        return new IllegalStateException("Sending it has thrown " + LoggedFailure.line(error), error);
    }

    private void doubt(OutboxRecord row, @Nullable Integer partition, Exception cause) {
        boolean known = doubts.contains(row);
        switch (doubts.failed(row, partition, System.nanoTime())) {
            case ROW -> quarantine(row, cause);
            case TOPIC -> held.hold(row.message().topic(), cause);
            case NOBODY ->
                log.atLevel(known ? Level.DEBUG : Level.WARN)
                        .log(
                                "Message {} to topic {} was not sent, and it is not known whose fault that is: {}. It is tried again"
                                        + " alone; later ones of its key wait, others flow. If it goes on failing while others are"
                                        + " sent, it goes into quarantine",
                                row.message().id(),
                                row.message().topic(),
                                LoggedFailure.line(cause));
        }
    }

    /** This one came from the quarantine. Called on another thread than the others. */
    void refusedAgain(OutboxRecord row, Exception cause) {
        notSent(row, cause);
        switch (Verdict.on(cause)) {
            case RECORD, UNKNOWN -> quarantine.holdAgain(row, cause);
            case TOPIC, TRANSIENT -> held.hold(row.message().topic(), cause);
            case PRODUCER -> refusal.by(cause);
        }
    }

    /** It is no record for Kafka: nothing is known against its topic, and the rows beside it are sent. */
    void unreadable(OutboxRecord row, Exception cause) {
        notSent(row, cause);
        quarantine(row, cause);
    }

    /** This one came from the quarantine. Called on another thread than the others. */
    void unreadableAgain(OutboxRecord row, Exception cause) {
        notSent(row, cause);
        quarantine.holdAgain(row, cause);
    }

    private void notSent(OutboxRecord row, Exception cause) {
        observer.notSent(row.message().id(), row.message().topic(), cause);
    }

    private void quarantine(OutboxRecord culprit, Exception cause) {
        if (!quarantine.move(culprit, cause)) {
            return; // another instance owns the lane by now and will find out for itself
        }
        blocked.add(culprit);
        log.error(
                "Message {} to topic {} is in quarantine, with the later ones of its key: {}: {}."
                        + " Fix the cause and release it, or skip it",
                culprit.message().id(),
                culprit.message().topic(),
                isTold(cause) ? "the broker refuses it" : "it cannot be sent as it is",
                LoggedFailure.line(cause));
        observer.quarantined(culprit.message().id(), culprit.message().topic(), cause);
    }

    private static boolean isTold(Exception cause) {
        return cause instanceof ApiException;
    }
}
