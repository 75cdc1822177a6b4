package io.reliablemessaging.delivery;

import io.reliablemessaging.delivery.DeliveryAnswer.Missing;
import io.reliablemessaging.delivery.DeliveryOutcome.Away;
import io.reliablemessaging.delivery.DeliveryOutcome.Waits;
import io.reliablemessaging.retry.Attempts;
import io.reliablemessaging.retry.FailureJudge;
import io.reliablemessaging.retry.FailureKind;
import io.reliablemessaging.retry.RedeliveryDecision;
import io.reliablemessaging.retry.RedeliveryDecision.After;
import io.reliablemessaging.retry.RedeliveryDecision.GiveUp;
import io.reliablemessaging.retry.RedeliveryDecision.Uncounted;
import io.reliablemessaging.retry.SpentAttempts;
import io.reliablemessaging.text.FailureText;
import io.reliablemessaging.text.ReadableLogger;
import io.reliablemessaging.wire.ReceivedMessage;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/**
 * Decides what follows a failed delivery, of a live or a parked message:
 *
 * <ol>
 *   <li>run again? If two transactions met that would succeed alone, the transaction runs again at once, a few times;
 *   <li>outage? The message waits and spends no attempt. Only failures that {@link FailureJudge} lists are one. If they go
 *       on while our database answers, they count against the message: the handler uses something else;
 *   <li>missing right? If our own statements fail so before the handler is called, the message waits until the right is
 *       granted;
 *   <li>decide: retry later, or dead-letter;
 *   <li>store the decision, in a transaction of its own. A failure whose text cannot be stored is stored in a minimal form.
 * </ol>
 */
final class FailurePipeline {

    private static final Logger log = ReadableLogger.of(FailurePipeline.class);

    // attempts to store a decision that end with a conflict
    private static final int RUNS = 3;
    // failures in a row of one message that look like an outage of our database, while it answers
    private static final int HELD = 5;
    // rounds in a row of a parked message that spend no attempt
    private static final int ROUNDS = 20;
    private static final Duration LOCK_WAIT = Duration.ofMillis(300);
    private static final Duration NOT_STORED_WAIT = Duration.ofSeconds(15);
    private static final Duration RIGHT_WAIT = Duration.ofSeconds(5);

    private final ListenerSettings settings;
    private final DependencyOutageDetector dependency;

    /**
     * A delivery that failed.
     *
     * @param attempt number of the handler's call, made or not
     * @param called whether the handler was called
     * @param run number of this run of the transaction, from 1
     * @param rounds how often in a row it was parked without spending an attempt
     * @param outageFailures how many failures in a row looked like an outage
     * @param outageDuration how long ago the first of them was
     */
    record Failed(
            ReceivedMessage message,
            int attempt,
            boolean called,
            int run,
            int rounds,
            int outageFailures,
            Duration outageDuration,
            Throwable cause) {

        /** Returns the attempt to report: 0 if the handler was not called. */
        int reported() {
            return called ? attempt : 0;
        }
    }

    /** Stores a decision in a transaction of its own. Exceptions of the database pass through. */
    interface Recording {

        DeliveryOutcome park(Failed failed, SpentAttempts spentAttempts, FailureText text, Duration delay);

        DeliveryOutcome deadLetter(Failed failed, String reason, FailureText text);
    }

    FailurePipeline(ListenerSettings settings, DependencyOutageDetector dependency) {
        this.settings = settings;
        this.dependency = dependency;
    }

    /**
     * Decides what follows a failure, and stores it.
     *
     * @return empty if the transaction is to be run again at once
     */
    Optional<DeliveryOutcome> judge(Failed failed, Recording recording) {
        FailureKind kind = FailureJudge.kindOf(failed.cause());
        if (!waitsForALock(failed) && settings.policy().mayRunAgain(failed.run(), failed.cause())) {
            return Optional.empty();
        }
        Missing missing = assessOutage(kind, failed);
        if (missing != null) {
            return Optional.of(new Away(missing, failed.cause()));
        }
        if (kind == FailureKind.CONFLICT && !failed.called()) {
            return Optional.of(new Waits(failed.cause(), LOCK_WAIT));
        }
        if (!failed.called() && FailureJudge.lacksRight(failed.cause())) {
            return Optional.of(new Waits(failed.cause(), RIGHT_WAIT)); // a right on one of our tables
        }
        return Optional.of(decide(failed, recording));
    }

    // another transaction holds the inbox row: that takes longer than a few runs
    private static boolean waitsForALock(Failed failed) {
        return !failed.called() && FailureJudge.isLockTimeout(failed.cause());
    }

    private @Nullable Missing assessOutage(FailureKind kind, Failed failed) {
        return switch (kind) {
            case DATABASE_AWAY -> !failed.called() || failed.outageFailures() < HELD ? Missing.DATABASE : null;
            case POOL_EXHAUSTED ->
                !failed.called() || failed.outageDuration().compareTo(settings.maxOutage()) < 0
                        ? Missing.CONNECTION
                        : null;
            default ->
                failed.called()
                                && dependency.countFailure(
                                        failed.cause(), failed.message().queue())
                        ? Missing.DEPENDENCY
                        : null;
        };
    }

    private DeliveryOutcome decide(Failed failed, Recording recording) {
        RedeliveryDecision decision =
                settings.policy().decide(new Attempts(failed.attempt(), failed.rounds()), failed.cause());
        if (decision instanceof GiveUp giveUp) {
            return deadLetter(failed, giveUp.reason(), recording);
        }
        if (decision instanceof Uncounted uncounted) {
            SpentAttempts spentAttempts = new SpentAttempts(failed.attempt() - 1, uncounted.rounds());
            return record(failed, text -> recording.park(failed, spentAttempts, text, uncounted.delay()));
        }
        if (decision instanceof After after) {
            SpentAttempts spentAttempts = new SpentAttempts(failed.attempt(), 0);
            return record(failed, text -> recording.park(failed, spentAttempts, text, after.delay()));
        }
        throw new IllegalStateException("Unknown decision " + decision);
    }

    /** Notes that a handler has succeeded, so that nothing it needs is away. */
    void noteSuccess() {
        dependency.reset();
    }

    /** Stores a dead letter. */
    DeliveryOutcome deadLetter(Failed failed, String reason, Recording recording) {
        return record(failed, text -> recording.deadLetter(failed, reason, text));
    }

    /** Stores that a message is to be retried. Spends no attempt, up to a bound. */
    DeliveryOutcome retryUncounted(Failed failed, Duration delay, Recording recording) {
        if (failed.rounds() >= ROUNDS) {
            return decide(failed, recording);
        }
        SpentAttempts spentAttempts = new SpentAttempts(failed.attempt() - 1, failed.rounds() + 1);
        return record(failed, text -> recording.park(failed, spentAttempts, text, delay));
    }

    /** Stores a message that is to be handled later. */
    DeliveryOutcome park(Failed failed, Recording recording) {
        SpentAttempts spentAttempts = new SpentAttempts(failed.attempt() - 1, failed.rounds());
        Duration delay = settings.policy().initialDelay();
        return record(failed, text -> recording.park(failed, spentAttempts, text, delay));
    }

    private interface Storing {
        DeliveryOutcome store(FailureText text);
    }

    private DeliveryOutcome record(Failed failed, Storing storing) {
        boolean fewest = false;
        for (int run = 1; ; run++) {
            try {
                return storing.store(fewest ? FailureText.minimal(failed.cause()) : FailureText.of(failed.cause()));
            } catch (RuntimeException | StackOverflowError e) {
                Optional<DeliveryOutcome> waits = waitIfTransient(e, run);
                if (waits.isPresent()) {
                    return waits.get();
                }
                if (FailureJudge.kindOf(e) != FailureKind.CONFLICT) {
                    if (fewest) {
                        return giveUpStoring(failed, e);
                    }
                    fewest = true;
                    log.warn(
                            "{}: its failure could not be stored. It is stored in a minimal form, without the exception's text",
                            MessageText.of(settings, failed.message()),
                            e);
                }
            }
        }
    }

    private static Optional<DeliveryOutcome> waitIfTransient(Throwable thrown, int run) {
        return switch (FailureJudge.kindOf(thrown)) {
            case DATABASE_AWAY -> Optional.of(new Away(Missing.DATABASE, thrown));
            case POOL_EXHAUSTED -> Optional.of(new Away(Missing.CONNECTION, thrown));
            case CONFLICT -> run < RUNS ? Optional.empty() : Optional.of(new Waits(thrown, LOCK_WAIT));
            default -> Optional.empty();
        };
    }

    private DeliveryOutcome giveUpStoring(Failed failed, Throwable thrown) {
        log.error(
                "{}: its failure cannot be stored even in a minimal form. Its key waits; the next attempt follows in {}. See why the database refuses it",
                MessageText.of(settings, failed.message()),
                NOT_STORED_WAIT,
                thrown);
        return new Waits(thrown, NOT_STORED_WAIT);
    }
}
