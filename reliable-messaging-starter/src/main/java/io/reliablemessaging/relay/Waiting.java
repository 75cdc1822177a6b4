package io.reliablemessaging.relay;

import io.reliablemessaging.MessagingObserver;
import io.reliablemessaging.outbox.OutboxRecord;
import io.reliablemessaging.reachability.Infrastructure;
import io.reliablemessaging.relay.RelayProducer.NotSent;
import io.reliablemessaging.text.ReadableLogger;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;

/**
 * Which rows have to wait, and what made them: they are behind a refused one of their key, their topic takes none, or several
 * were refused together and each must be tried alone.
 */
final class Waiting {

    private static final Logger log = ReadableLogger.of(Waiting.class);

    private final QuarantineTable quarantine;
    private final Blocked blocked;
    private final Suspects suspects = new Suspects();
    private final HeldTopics held;
    private final Infrastructure infrastructure;
    private final Refusal refusal;
    private final MessagingObserver observer;

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
    List<String> heldTopics() {
        return held.now();
    }

    /** Topics that have taken no record since they refused one. */
    Set<String> troubledTopics() {
        return held.all();
    }

    boolean holds(OutboxRecord row) {
        return held.contains(row.message().topic());
    }

    /** Whether all rows have to wait. */
    boolean isRefused() {
        return refusal.isOn();
    }

    /** Whether one before it, of its key, was refused. */
    boolean isBehind(OutboxRecord row) {
        return blocked.contains(row);
    }

    boolean hasSuspects() {
        return !suspects.isEmpty();
    }

    /** Lanes of ours with rows that must be sent alone. */
    Set<Integer> suspectLanes(Set<Integer> ours) {
        return suspects.lanes(ours);
    }

    void forgetSuspects() {
        suspects.clear();
    }

    /** These lanes are ours: their keys with messages in quarantine are loaded, unless they are known. */
    void follow(Set<Integer> lanes) {
        blocked.follow(lanes);
    }

    /** Makes the next {@link #follow} load all again. */
    void forgetBlocked() {
        blocked.forget();
    }

    /** Forgets which rows and keys wait, for they are of another server. What Kafka does not take is still held. */
    void forgetRows() {
        blocked.forget();
        suspects.clear();
    }

    /** Leaves out the rows that are behind refused ones of their keys, and moves them there. */
    List<OutboxRecord> withoutBlocked(List<OutboxRecord> rows) {
        List<OutboxRecord> followers = blocked.of(rows);
        if (followers.isEmpty()) {
            return rows;
        }
        quarantine.moveBehind(followers);
        return rows.stream().filter(row -> !blocked.contains(row)).toList();
    }

    /** The broker has it. */
    void taken(OutboxRecord row) {
        refusal.over();
        held.taken(row.message().topic());
        suspects.remove(row);
    }

    // A batch fails with one exception for all its records, unless the broker names the guilty ones. So a single one is
    // known to be guilty only if no other is accused with it; several are sent again, each alone.
    void judge(List<NotSent> failures) {
        List<NotSent> accused = failures.stream()
                .filter(each -> each.verdict() == Verdict.RECORD)
                .toList();
        if (accused.size() == 1) {
            quarantine(accused.get(0).row(), accused.get(0).cause());
        } else {
            accused.forEach(each -> suspects.add(each.row()));
        }
        for (NotSent failure : failures) {
            log.debug("Not sent: message {}", failure.row().message().id(), failure.cause());
            notSent(failure.row(), failure.cause());
            if (failure.verdict() == Verdict.TOPIC) {
                held.hold(failure.row().message().topic(), failure.cause());
            } else if (failure.verdict() == Verdict.PRODUCER) {
                refusal.by(failure.cause());
            }
        }
    }

    /** Only this one was refused, and nothing else with it. */
    void refused(OutboxRecord row, Exception cause) {
        notSent(row, cause);
        switch (Verdict.on(cause)) {
            case RECORD -> quarantine(row, cause);
            case TOPIC, TRANSIENT -> held.hold(row.message().topic(), cause);
            case PRODUCER -> refusal.by(cause);
        }
    }

    /** This one came from the quarantine. */
    void refusedAgain(OutboxRecord row, Exception cause) {
        notSent(row, cause);
        switch (Verdict.on(cause)) {
            case RECORD -> quarantine.holdAgain(row, cause);
            case TOPIC, TRANSIENT -> held.hold(row.message().topic(), cause);
            case PRODUCER -> refusal.by(cause);
        }
    }

    /** Its row cannot be read: nothing is known against its topic, and the rows beside it are sent. */
    void unreadable(OutboxRecord row, Exception cause) {
        notSent(row, cause);
        quarantine(row, cause);
    }

    /** This one came from the quarantine. */
    void unreadableAgain(OutboxRecord row, Exception cause) {
        notSent(row, cause);
        quarantine.holdAgain(row, cause);
    }

    private void notSent(OutboxRecord row, Exception cause) {
        observer.notSent(row.message().id(), row.message().topic(), cause);
    }

    private void quarantine(OutboxRecord culprit, Exception cause) {
        suspects.remove(culprit);
        if (!quarantine.move(culprit, cause)) {
            return; // another instance owns the lane by now and will find out for itself
        }
        blocked.add(culprit);
        log.error(
                "Message {} to topic {} is in quarantine, with the later ones of its key: {}: {}."
                        + " Fix the cause and release it, or skip it",
                culprit.message().id(),
                culprit.message().topic(),
                culprit.unreadable() == null ? "the broker refuses it" : "its row cannot be read",
                cause);
        observer.quarantined(culprit.message().id(), culprit.message().topic(), cause);
    }
}
