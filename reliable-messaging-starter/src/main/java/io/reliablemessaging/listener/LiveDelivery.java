package io.reliablemessaging.listener;

import io.reliablemessaging.Ordering;
import io.reliablemessaging.UnrecoverableMessageException;
import io.reliablemessaging.deadletter.DeadLetterRecord;
import io.reliablemessaging.deadletter.ReceivedMessage;
import io.reliablemessaging.listener.Delivered.Dead;
import io.reliablemessaging.listener.Delivered.Duplicate;
import io.reliablemessaging.listener.Delivered.Handled;
import io.reliablemessaging.listener.Delivered.Kept;
import io.reliablemessaging.listener.Delivered.Parked;
import io.reliablemessaging.listener.Delivered.Queued;
import io.reliablemessaging.listener.NotDeliveredException.Reason;
import io.reliablemessaging.retry.RedeliveryDecision;
import io.reliablemessaging.retry.RedeliveryDecision.After;
import io.reliablemessaging.retry.RedeliveryDecision.GiveUp;
import io.reliablemessaging.retry.RedeliveryDecision.Uncounted;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.function.Supplier;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * What happens to a record of a topic, in one group:
 *
 * <ol>
 *   <li>a transaction begins and takes charge of the message in the inbox; if that is taken, nothing more is done;
 *   <li>if the record is so old that the inbox may have forgotten it, it becomes a dead letter: it must not be handled twice;
 *   <li>if its key is parked, the message is put behind the others of its key;
 *   <li>otherwise the handler runs, in this transaction;
 *   <li>it commits: inbox row, handler's work and handler's own messages together. Dies before: nothing has happened, the
 *       record comes again;
 *   <li>the offset may be committed. Dies before: the record comes again and 1. drops it.
 * </ol>
 *
 * <p>If the handler fails, its transaction is rolled back. Another one takes charge in the inbox and parks the message with
 * its key, or makes it a dead letter and publishes the record for the dead-letter topic.
 */
final class LiveDelivery {

    private final ListenerSettings settings;
    private final Invocation invocation;
    private final TransactionTemplate handling;
    private final TransactionTemplate judging;
    private final ListenerStores stores;
    private final ParkedKeys parkedKeys;
    private final RemoteOutage remote;

    /**
     * How it went.
     *
     * @param attempt number of the handler's call, 0 if it was not called
     * @param end the end
     */
    record Result(int attempt, Delivered end) {}

    LiveDelivery(
            ListenerSettings settings,
            Invocation invocation,
            TransactionTemplate handling,
            TransactionTemplate judging,
            ListenerStores stores,
            ParkedKeys parkedKeys,
            RemoteOutage remote) {
        this.settings = settings;
        this.invocation = invocation;
        this.handling = handling;
        this.judging = judging;
        this.stores = stores;
        this.parkedKeys = parkedKeys;
        this.remote = remote;
    }

    /**
     * Delivers a message.
     *
     * @param written time of the record that brought it
     * @throws NotDeliveredException if it was neither handled nor its failure noted, and not through its fault: it must
     *     come again
     */
    Result deliver(ReceivedMessage message, Instant written) {
        for (int tries = 1; ; tries++) {
            Attempt attempt = new Attempt();
            try {
                Delivered end = Objects.requireNonNull(handling.execute(status -> handle(message, written, attempt)));
                return new Result(attempt.number, end);
            } catch (RuntimeException thrown) {
                if (!attempt.begun) {
                    throw NotDeliveredException.by(thrown);
                }
                Throwable cause = HandlerFailedException.unwrapped(thrown);
                if (!settings.policy().runAgain(tries, cause)) {
                    return new Result(attempt.number, judge(message, attempt.number, cause));
                }
            }
        }
    }

    /** A partition was assigned. */
    void assigned() {
        parkedKeys.forget();
    }

    /** Puts a message aside whose handler must not run here and now. */
    Delivered park(ReceivedMessage message, Instant written, Throwable cause) {
        return aside(
                message,
                () -> isTooOld(message, written)
                        ? tooOld(message)
                        : setAside(message, 0, cause, settings.policy().initialDelay()));
    }

    /** Whether a record of that time needs to be looked at by itself. */
    boolean isOld(Instant written) {
        return stores.retention().isOld(written);
    }

    /** How far a run of the transaction got, which must be known after it was rolled back. */
    private static final class Attempt {
        private int number;
        private boolean begun;
    }

    private Delivered handle(ReceivedMessage message, Instant written, Attempt attempt) {
        if (!take(message)) {
            parkedKeys.add(message);
            return new Duplicate();
        }
        if (isTooOld(message, written)) {
            return tooOld(message);
        }
        if (settings.ordering() == Ordering.KEY && parkedKeys.mayHold(message)) {
            // asked after the inbox row was ours: whoever parked an earlier message of the key has committed by now
            if (stores.parked().isParked(message)) {
                stores.parked().append(message);
                return new Queued();
            }
            parkedKeys.remove(message);
        }
        int failures =
                settings.ordering() == Ordering.PARTITION ? stores.parked().attempts(message) : 0;
        attempt.number = failures + 1;
        attempt.begun = true;
        invocation.call(message, attempt.number);
        if (failures > 0) {
            stores.parked().remove(message);
        }
        return new Handled();
    }

    private Delivered judge(ReceivedMessage message, int attempt, Throwable cause) {
        if (remote.isToBlame(cause, message.queue())) {
            throw new NotDeliveredException(Reason.REMOTE, cause);
        }
        RedeliveryDecision decision = settings.policy().decide(attempt, cause);
        return aside(message, () -> {
            if (decision instanceof GiveUp giveUp) {
                return bury(message, attempt, cause, giveUp.reason());
            }
            boolean counted = decision instanceof After;
            Duration delay = decision instanceof Uncounted uncounted ? uncounted.delay() : ((After) decision).delay();
            return setAside(message, counted ? attempt : attempt - 1, cause, delay);
        });
    }

    private Delivered bury(ReceivedMessage message, int attempt, Throwable cause, String reason) {
        stores.parked().bury(message, attempt, cause, settings.hold());
        stores.outbox().append(DeadLetterRecord.of(message, attempt, cause));
        return new Dead(cause, reason);
    }

    private boolean isTooOld(ReceivedMessage message, Instant written) {
        return stores.retention().isTooOld(settings.group(), message.message().topic(), written);
    }

    private Delivered tooOld(ReceivedMessage message) {
        String reason = "too old to tell whether it was processed";
        return bury(message, 0, new UnrecoverableMessageException(reason), reason);
    }

    private Delivered setAside(ReceivedMessage message, int attempts, Throwable cause, Duration delay) {
        if (settings.ordering() == Ordering.PARTITION) {
            stores.parked().count(message, attempts, cause);
            stores.inbox()
                    .handBack(
                            settings.group(),
                            message.message().topic(),
                            message.message().id());
            return new Kept(cause, delay);
        }
        stores.parked().park(message, attempts, cause, delay);
        return new Parked(cause, delay);
    }

    // a transaction of its own, that begins by taking charge: a consumer that had lost its partition may have been
    // faster
    private Delivered aside(ReceivedMessage message, Supplier<Delivered> work) {
        try {
            Delivered end =
                    Objects.requireNonNull(judging.execute(status -> take(message) ? work.get() : new Duplicate()));
            parkedKeys.add(message);
            return end;
        } catch (RuntimeException e) {
            throw NotDeliveredException.by(e);
        }
    }

    private boolean take(ReceivedMessage message) {
        return stores.inbox()
                .take(
                        settings.group(),
                        message.message().topic(),
                        message.message().id(),
                        settings.transactionLimit());
    }
}
