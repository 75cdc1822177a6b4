package io.reliablemessaging.delivery;

import io.reliablemessaging.deadletter.Claim;
import io.reliablemessaging.deadletter.DeadLetterRecord;
import io.reliablemessaging.deadletter.Spent;
import io.reliablemessaging.delivery.Answer.Missing;
import io.reliablemessaging.delivery.FailurePipeline.Failed;
import io.reliablemessaging.delivery.Outcome.Away;
import io.reliablemessaging.delivery.Outcome.Dead;
import io.reliablemessaging.delivery.Outcome.Handled;
import io.reliablemessaging.delivery.Outcome.NotOurs;
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
 * Delivers one parked message that was claimed:
 *
 * <ol>
 *   <li>a mark is committed: from here on, a claim that nobody answers tells of a process that died in the handler;
 *   <li>a transaction locks the key and removes the message; there is no inbox row to insert, the group has charge of it;
 *   <li>the handler runs, the key is due for its next message, and all commits together;
 *   <li>a transaction of its own, which sees what was committed meanwhile, removes the key if nothing waits any more;
 *   <li>if the handler fails, its transaction is rolled back, {@link FailurePipeline} decides, and a second transaction
 *       counts the failure and says when to try again, or makes the message a dead letter.
 * </ol>
 */
public final class ParkedDelivery {

    // claims in a row that were marked and never answered: the message kills whoever handles it
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
     * @throws Error only if the process cannot go on with it; nothing was done with the message then
     */
    public Answer deliver(Claim claim) {
        Outcome outcome = outcome(claim);
        if (outcome instanceof Handled) {
            failures.succeeded();
        }
        outcome.report(reports, claim.readableMessage());
        return outcome.answer();
    }

    /**
     * Gives a claim back: it was not answered, and nobody died.
     *
     * @throws DataAccessException if the database is away; the claim ends by itself, but its mark stays
     */
    public void giveBack(Claim claim, Duration delay) {
        stores.queues().giveBack(claim, delay);
    }

    private Outcome outcome(Claim claim) {
        if (claim.unanswered() >= UNANSWERED) {
            Throwable cause = new ConsumerDiedException(
                    "%d consumers in a row died while handling it".formatted(claim.unanswered()));
            Failed failed = new Failed(
                    claim.readableMessage(),
                    claim.spent().attempts(),
                    false,
                    1,
                    claim.spent().rounds(),
                    0,
                    Duration.ZERO,
                    cause);
            return failures.dead(failed, "no attempt can help", new Recording(claim));
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
                return Optional.of(new NotOurs());
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
            return failures.judge(failed, new Recording(claim)).map(outcome -> counted(claim, failed, outcome));
        }
    }

    // It looked like an outage. If this can be stored, our database is there: the handler uses something else, perhaps,
    // and must not be called for ever without a count.
    private Outcome counted(Claim claim, Failed failed, Outcome outcome) {
        boolean away = outcome instanceof Away held && held.missing() != Missing.DEPENDENCY;
        return away && failed.called() ? failures.again(failed, AWAY_WAIT, new Recording(claim)) : outcome;
    }

    /** How far a run of the transaction got, which must be known after its end. */
    private static final class Progress {
        private boolean called;
        private boolean another;
    }

    private Outcome handle(Claim claim, Progress progress) {
        stores.inbox().limit(settings.transactionLimit());
        if (!stores.queues().begin(claim)) {
            return new NotOurs();
        }
        progress.called = true;
        invocation.call(claim.message(), claim.spent().attempts() + 1);
        handling.requireOpen();
        progress.another = stores.queues().next(claim);
        return new Handled(claim.spent().attempts() + 1);
    }

    /** Stores what follows a failure, if the claim still holds. */
    private final class Recording implements FailurePipeline.Recording {

        private final Claim claim;

        private Recording(Claim claim) {
            this.claim = claim;
        }

        @Override
        public Outcome park(Failed failed, Spent spent, FailureText text, Duration delay) {
            return inCharge(
                    () -> stores.queues().retry(claim, spent, text, delay) ? new Parked(failed, delay) : new NotOurs());
        }

        @Override
        public Outcome dead(Failed failed, String reason, FailureText text) {
            Outcome outcome = inCharge(() -> {
                if (!stores.queues().makeDead(claim, failed.attempt(), text, settings.hold())) {
                    return new NotOurs();
                }
                stores.outbox().append(DeadLetterRecord.of(claim.readableMessage(), failed.attempt(), failed.cause()));
                return new Dead(failed, failed.attempt(), reason);
            });
            boolean unused = settings.hold() || stores.queues().closeIfEmpty(claim);
            return outcome;
        }

        private Outcome inCharge(Supplier<Outcome> storing) {
            return recording.execute(() -> {
                stores.inbox().limit(settings.transactionLimit());
                return storing.get();
            });
        }
    }
}
