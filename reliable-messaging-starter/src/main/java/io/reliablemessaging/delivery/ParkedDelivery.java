package io.reliablemessaging.delivery;

import io.reliablemessaging.deadletter.Claim;
import io.reliablemessaging.deadletter.DeadLetterRecord;
import io.reliablemessaging.deadletter.Spent;
import io.reliablemessaging.delivery.Answer.Missing;
import io.reliablemessaging.delivery.FailurePipeline.Failed;
import io.reliablemessaging.delivery.Outcome.Away;
import io.reliablemessaging.delivery.Outcome.DeadLettered;
import io.reliablemessaging.delivery.Outcome.Handled;
import io.reliablemessaging.delivery.Outcome.NoLongerOurs;
import io.reliablemessaging.delivery.Outcome.Parked;
import io.reliablemessaging.handler.HandlerFailedException;
import io.reliablemessaging.handler.HandlerTransaction;
import io.reliablemessaging.handler.Invocation;
import io.reliablemessaging.retry.FailureJudge;
import io.reliablemessaging.text.FailureText;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;
import org.springframework.dao.DataAccessException;

/**
 * Delivers a claimed parked message:
 *
 * <ol>
 *   <li>a mark is committed: from here on, a claim that expires without an answer counts as a crash in the handler;
 *   <li>a transaction locks the key and removes the message. It writes no inbox row: the group is already in charge;
 *   <li>the handler runs, the next message of the key becomes due, and all commits together;
 *   <li>a second transaction, which sees what was committed meanwhile, removes the key if no message waits any more;
 *   <li>if the handler fails, its transaction is rolled back, {@link FailurePipeline} decides, and another transaction
 *       counts the failure and sets the time of the retry, or dead-letters the message.
 * </ol>
 */
public final class ParkedDelivery {

    // claims in a row that were marked and never answered: the message crashes its consumers
    private static final int UNANSWERED = 2;
    private static final Duration AWAY_WAIT = Duration.ofSeconds(1);

    private final ListenerSettings settings;
    private final Invocation invocation;
    private final HandlerTransaction handling;
    private final HandlerTransaction recording;
    private final ListenerStores stores;
    private final FailurePipeline failures;
    private final Reports reports;

    ParkedDelivery(DeliveryParts parts) {
        this.settings = parts.settings();
        this.invocation = parts.invocation();
        this.handling = parts.handling();
        this.recording = parts.recording();
        this.stores = parts.stores();
        this.failures = parts.failures();
        this.reports = parts.reports();
    }

    /**
     * Delivers the message of a claim.
     *
     * @throws Error only if the process may not survive it; nothing was done with the message then
     */
    public Answer deliver(Claim claim) {
        Outcome outcome = deliverUntilEnded(claim);
        if (outcome instanceof Handled) {
            failures.noteSuccess();
        }
        outcome.report(reports, claim.readableMessage());
        return outcome.answer();
    }

    /**
     * Gives back a claim without an answer and without a crash.
     *
     * @throws DataAccessException if the database is away; the claim expires by itself, but its mark stays
     */
    public void giveBack(Claim claim, Duration delay) {
        stores.queues().giveBack(claim, delay);
    }

    private Outcome deliverUntilEnded(Claim claim) {
        if (claim.unanswered() >= UNANSWERED) {
            Throwable cause = new ConsumerDiedException(
                    "%d consumers in a row crashed while handling it".formatted(claim.unanswered()));
            Failed failed = new Failed(
                    claim.readableMessage(),
                    claim.spent().attempts(),
                    false,
                    1,
                    claim.spent().rounds(),
                    0,
                    Duration.ZERO,
                    cause);
            return failures.deadLetter(failed, "no attempt can help", new Recording(claim));
        }
        Optional<Outcome> ended = Optional.empty();
        for (int run = 1; ended.isEmpty(); run++) {
            ended = run(claim, run);
        }
        return ended.get();
    }

    private Optional<Outcome> run(Claim claim, int run) {
        Progress progress = new Progress();
        try {
            if (run == 1 && !stores.queues().mark(claim)) {
                return Optional.of(new NoLongerOurs());
            }
            Outcome outcome = handling.execute(() -> handle(claim, progress));
            if (!progress.another) {
                boolean unused = stores.queues().closeIfEmpty(claim);
            }
            return Optional.of(outcome);
        } catch (RuntimeException | Error thrown) {
            if (thrown instanceof Error error && FailureJudge.isFatal(error)) {
                throw error;
            }
            Failed failed = new Failed(
                    claim.readableMessage(),
                    claim.spent().attempts() + 1,
                    progress.called,
                    run,
                    claim.spent().rounds(),
                    0,
                    Duration.ZERO,
                    HandlerFailedException.unwrapped(thrown));
            return failures.judge(failed, new Recording(claim))
                    .map(outcome -> countIfDatabaseAnswers(claim, failed, outcome));
        }
    }

    // It looked like an outage of our database. If this can be stored, our database answers: perhaps the handler uses
    // another one, and it must not be called for ever without a count.
    private Outcome countIfDatabaseAnswers(Claim claim, Failed failed, Outcome outcome) {
        boolean away = outcome instanceof Away held && held.missing() != Missing.DEPENDENCY;
        return away && failed.called() ? failures.retryUncounted(failed, AWAY_WAIT, new Recording(claim)) : outcome;
    }

    /** The progress of a run of the transaction; needed after its end. */
    private static final class Progress {
        private boolean called;
        private boolean another;
    }

    private Outcome handle(Claim claim, Progress progress) {
        stores.inbox().limit(settings.transactionLimit());
        if (!stores.queues().begin(claim)) {
            return new NoLongerOurs();
        }
        progress.called = true;
        invocation.call(claim.message(), claim.spent().attempts() + 1);
        handling.requireOpen();
        progress.another = stores.queues().advance(claim);
        return new Handled(claim.spent().attempts() + 1);
    }

    /** Stores what follows a failure, if the claim is still ours. */
    private final class Recording implements FailurePipeline.Recording {

        private final Claim claim;

        private Recording(Claim claim) {
            this.claim = claim;
        }

        @Override
        public Outcome park(Failed failed, Spent spent, FailureText text, Duration delay) {
            return storeInCharge(() ->
                    stores.queues().retry(claim, spent, text, delay) ? new Parked(failed, delay) : new NoLongerOurs());
        }

        @Override
        public Outcome deadLetter(Failed failed, String reason, FailureText text) {
            Outcome outcome = storeInCharge(() -> {
                if (!stores.queues().makeDead(claim, failed.attempt(), text, settings.hold())) {
                    return new NoLongerOurs();
                }
                stores.outbox().append(DeadLetterRecord.of(claim.readableMessage(), failed.attempt(), failed.cause()));
                return new DeadLettered(failed, failed.attempt(), reason);
            });
            boolean unused = settings.hold() || stores.queues().closeIfEmpty(claim);
            return outcome;
        }

        private Outcome storeInCharge(Supplier<Outcome> storing) {
            return recording.execute(() -> {
                stores.inbox().limit(settings.transactionLimit());
                return storing.get();
            });
        }
    }
}
