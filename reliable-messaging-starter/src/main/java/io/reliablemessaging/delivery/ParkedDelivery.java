package io.reliablemessaging.delivery;

import io.reliablemessaging.deadletter.KeyClaim;
import io.reliablemessaging.delivery.DeliveryAnswer.Missing;
import io.reliablemessaging.delivery.DeliveryOutcome.Away;
import io.reliablemessaging.delivery.DeliveryOutcome.DeadLettered;
import io.reliablemessaging.delivery.DeliveryOutcome.Handled;
import io.reliablemessaging.delivery.DeliveryOutcome.NoLongerOurs;
import io.reliablemessaging.delivery.DeliveryOutcome.Parked;
import io.reliablemessaging.delivery.FailurePipeline.Failed;
import io.reliablemessaging.handler.HandlerFailedException;
import io.reliablemessaging.handler.Invocation;
import io.reliablemessaging.retry.FailureJudge;
import io.reliablemessaging.retry.SpentAttempts;
import io.reliablemessaging.text.FailureText;
import io.reliablemessaging.transaction.HandlerTransaction;
import io.reliablemessaging.wire.DeadLetterRecord;
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
    private final DeliveryReports reports;

    ParkedDelivery(DeliveryServices services) {
        this.settings = services.settings();
        this.invocation = services.invocation();
        this.handling = services.handling();
        this.recording = services.recording();
        this.stores = services.stores();
        this.failures = services.failures();
        this.reports = services.reports();
    }

    /**
     * Delivers the message of a claim.
     *
     * @throws Error only if the process may not survive it; nothing was done with the message then
     */
    public DeliveryAnswer deliver(KeyClaim keyClaim) {
        DeliveryOutcome deliveryOutcome = deliverUntilEnded(keyClaim);
        if (deliveryOutcome instanceof Handled) {
            failures.noteSuccess();
        }
        deliveryOutcome.report(reports, keyClaim.readableMessage());
        return deliveryOutcome.answer();
    }

    /**
     * Gives back a claim without an answer and without a crash.
     *
     * @throws DataAccessException if the database is away; the claim expires by itself, but its mark stays
     */
    public void giveBack(KeyClaim keyClaim, Duration delay) {
        stores.queues().giveBack(keyClaim, delay);
    }

    private DeliveryOutcome deliverUntilEnded(KeyClaim keyClaim) {
        if (keyClaim.unanswered() >= UNANSWERED) {
            Throwable cause = new ConsumerDiedException(
                    "%d consumers in a row crashed while handling it".formatted(keyClaim.unanswered()));
            Failed failed = new Failed(
                    keyClaim.readableMessage(),
                    keyClaim.spent().attempts(),
                    false,
                    1,
                    keyClaim.spent().rounds(),
                    0,
                    Duration.ZERO,
                    cause);
            return failures.deadLetter(failed, "no attempt can help", new Recording(keyClaim));
        }
        Optional<DeliveryOutcome> ended = Optional.empty();
        for (int run = 1; ended.isEmpty(); run++) {
            ended = run(keyClaim, run);
        }
        return ended.get();
    }

    private Optional<DeliveryOutcome> run(KeyClaim keyClaim, int run) {
        Progress progress = new Progress();
        try {
            if (run == 1 && !stores.queues().mark(keyClaim)) {
                return Optional.of(new NoLongerOurs());
            }
            DeliveryOutcome deliveryOutcome = handling.execute(() -> handle(keyClaim, progress));
            if (!progress.another) {
                boolean unused = stores.queues().closeIfEmpty(keyClaim);
            }
            return Optional.of(deliveryOutcome);
        } catch (RuntimeException | Error thrown) {
            if (thrown instanceof Error error && FailureJudge.isFatal(error)) {
                throw error;
            }
            Failed failed = new Failed(
                    keyClaim.readableMessage(),
                    keyClaim.spent().attempts() + 1,
                    progress.called,
                    run,
                    keyClaim.spent().rounds(),
                    0,
                    Duration.ZERO,
                    HandlerFailedException.unwrapped(thrown));
            return failures.judge(failed, new Recording(keyClaim))
                    .map(deliveryOutcome -> countIfDatabaseAnswers(keyClaim, failed, deliveryOutcome));
        }
    }

    // It looked like an outage of our database. If this can be stored, our database answers: perhaps the handler uses
    // another one, and it must not be called for ever without a count.
    private DeliveryOutcome countIfDatabaseAnswers(KeyClaim keyClaim, Failed failed, DeliveryOutcome deliveryOutcome) {
        boolean away = deliveryOutcome instanceof Away held && held.missing() != Missing.DEPENDENCY;
        return away && failed.called()
                ? failures.retryUncounted(failed, AWAY_WAIT, new Recording(keyClaim))
                : deliveryOutcome;
    }

    /** The progress of a run of the transaction; needed after its end. */
    private static final class Progress {
        private boolean called;
        private boolean another;
    }

    private DeliveryOutcome handle(KeyClaim keyClaim, Progress progress) {
        stores.inbox().limit(settings.transactionLimit());
        if (!stores.queues().begin(keyClaim)) {
            return new NoLongerOurs();
        }
        progress.called = true;
        invocation.call(keyClaim.message(), keyClaim.spent().attempts() + 1);
        handling.requireOpen();
        progress.another = stores.queues().advance(keyClaim);
        return new Handled(keyClaim.spent().attempts() + 1);
    }

    /** Stores what follows a failure, if the claim is still ours. */
    private final class Recording implements FailurePipeline.Recording {

        private final KeyClaim keyClaim;

        private Recording(KeyClaim keyClaim) {
            this.keyClaim = keyClaim;
        }

        @Override
        public DeliveryOutcome park(Failed failed, SpentAttempts spent, FailureText text, Duration delay) {
            return storeInCharge(() -> stores.queues().retry(keyClaim, spent, text, delay)
                    ? new Parked(failed, delay)
                    : new NoLongerOurs());
        }

        @Override
        public DeliveryOutcome deadLetter(Failed failed, String reason, FailureText text) {
            DeliveryOutcome deliveryOutcome = storeInCharge(() -> {
                if (!stores.queues().makeDead(keyClaim, failed.attempt(), text, settings.hold())) {
                    return new NoLongerOurs();
                }
                stores.outbox()
                        .append(DeadLetterRecord.of(keyClaim.readableMessage(), failed.attempt(), failed.cause()));
                return new DeadLettered(failed, failed.attempt(), reason);
            });
            boolean unused = settings.hold() || stores.queues().closeIfEmpty(keyClaim);
            return deliveryOutcome;
        }

        private DeliveryOutcome storeInCharge(Supplier<DeliveryOutcome> storing) {
            return recording.execute(() -> {
                stores.inbox().limit(settings.transactionLimit());
                return storing.get();
            });
        }
    }
}
