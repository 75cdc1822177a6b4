package io.reliablemessaging.listener;

import io.reliablemessaging.deadletter.Claim;
import io.reliablemessaging.deadletter.DeadLetterRecord;
import io.reliablemessaging.deadletter.ReceivedMessage;
import io.reliablemessaging.listener.Delivered.Dead;
import io.reliablemessaging.listener.Delivered.Handled;
import io.reliablemessaging.listener.Delivered.Parked;
import io.reliablemessaging.retry.RedeliveryDecision;
import io.reliablemessaging.retry.RedeliveryDecision.After;
import io.reliablemessaging.retry.RedeliveryDecision.GiveUp;
import io.reliablemessaging.retry.RedeliveryDecision.Uncounted;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Handles one parked message that was claimed:
 *
 * <ol>
 *   <li>a transaction locks the key and removes the message; there is no inbox row to insert, the group has charge of it;
 *   <li>the handler runs, the key goes on with its next message, and all commits together;
 *   <li>if the handler fails, that is rolled back, and a second transaction counts the failure and says when to try again,
 *       or makes the message a dead letter.
 * </ol>
 */
final class ParkedDelivery {

    // claims in a row that nobody came back from: the message kills whoever handles it
    private static final int UNANSWERED = 2;
    private static final Duration MOMENT = Duration.ofSeconds(1);

    private final ListenerSettings settings;
    private final Invocation invocation;
    private final TransactionTemplate handling;
    private final TransactionTemplate judging;
    private final ListenerStores stores;
    private final RemoteOutage remote;

    ParkedDelivery(
            ListenerSettings settings,
            Invocation invocation,
            TransactionTemplate handling,
            TransactionTemplate judging,
            ListenerStores stores,
            RemoteOutage remote) {
        this.settings = settings;
        this.invocation = invocation;
        this.handling = handling;
        this.judging = judging;
        this.stores = stores;
        this.remote = remote;
    }

    /**
     * Delivers the message.
     *
     * @return how it ended; empty if the claim was over, and somebody else has it
     * @throws NotDeliveredException if it was neither handled nor its failure noted, and not through its fault
     */
    Optional<Delivered> deliver(Claim claim) {
        if (claim.unanswered() > UNANSWERED) {
            Throwable cause = new ConsumerDiedException(
                    "%d consumers in a row died while handling it".formatted(claim.unanswered() - 1));
            return judged(claim, new GiveUp("no attempt can help"), claim.attempts(), cause);
        }
        int attempt = claim.attempts() + 1;
        for (int tries = 1; ; tries++) {
            boolean[] begun = new boolean[1];
            try {
                return Objects.requireNonNull(handling.execute(status -> handle(claim, attempt, begun)));
            } catch (RuntimeException thrown) {
                if (!begun[0]) {
                    throw NotDeliveredException.by(thrown);
                }
                Throwable cause = HandlerFailedException.unwrapped(thrown);
                if (!settings.policy().runAgain(tries, cause)) {
                    return failed(claim, attempt, cause);
                }
            }
        }
    }

    /** Gives a claim back that nothing came of through no fault of the message. */
    void giveBack(Claim claim) {
        judging.executeWithoutResult(status -> stores.queues().giveBack(claim, MOMENT));
    }

    private Optional<Delivered> handle(Claim claim, int attempt, boolean[] begun) {
        stores.inbox().limit(settings.transactionLimit());
        if (!stores.queues().begin(claim)) {
            return Optional.empty();
        }
        begun[0] = true;
        invocation.call(claim.message(), attempt);
        stores.queues().next(claim);
        return Optional.of(new Handled());
    }

    private Optional<Delivered> failed(Claim claim, int attempt, Throwable cause) {
        if (remote.isToBlame(cause, claim.message().queue())) {
            throw new NotDeliveredException(NotDeliveredException.Reason.REMOTE, cause);
        }
        return judged(claim, settings.policy().decide(attempt, cause), attempt, cause);
    }

    private Optional<Delivered> judged(Claim claim, RedeliveryDecision decision, int attempt, Throwable cause) {
        try {
            return Objects.requireNonNull(judging.execute(status -> {
                if (decision instanceof GiveUp giveUp) {
                    return bury(claim, attempt, cause, giveUp);
                }
                if (decision instanceof Uncounted uncounted) {
                    return retry(claim, attempt - 1, cause, uncounted.delay());
                }
                return retry(claim, attempt, cause, ((After) decision).delay());
            }));
        } catch (RuntimeException e) {
            throw NotDeliveredException.by(e);
        }
    }

    private Optional<Delivered> retry(Claim claim, int attempts, Throwable cause, Duration delay) {
        return stores.queues().retry(claim, attempts, cause, delay)
                ? Optional.of(new Parked(cause, delay))
                : Optional.empty();
    }

    private Optional<Delivered> bury(Claim claim, int attempts, Throwable cause, GiveUp giveUp) {
        if (!stores.queues().bury(claim, attempts, cause, settings.hold())) {
            return Optional.empty();
        }
        ReceivedMessage message = claim.message();
        stores.outbox().append(DeadLetterRecord.of(message, attempts, cause));
        return Optional.of(new Dead(cause, giveUp.reason()));
    }
}
