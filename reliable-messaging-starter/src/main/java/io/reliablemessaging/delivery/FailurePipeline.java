package io.reliablemessaging.delivery;

import io.reliablemessaging.deadletter.ReceivedMessage;
import io.reliablemessaging.deadletter.Spent;
import io.reliablemessaging.delivery.Answer.Missing;
import io.reliablemessaging.delivery.Outcome.Away;
import io.reliablemessaging.delivery.Outcome.Waits;
import io.reliablemessaging.retry.Attempts;
import io.reliablemessaging.retry.FailureJudge;
import io.reliablemessaging.retry.FailureKind;
import io.reliablemessaging.retry.RedeliveryDecision;
import io.reliablemessaging.retry.RedeliveryDecision.After;
import io.reliablemessaging.retry.RedeliveryDecision.GiveUp;
import io.reliablemessaging.retry.RedeliveryDecision.Uncounted;
import io.reliablemessaging.text.FailureText;
import io.reliablemessaging.text.ReadableLogger;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/**
 * Decides what becomes of a failed delivery, for live and for parked messages alike:
 *
 * <ol>
 *   <li>run again? Two transactions met, and each would succeed alone: at once, a few times;
 *   <li>outage? Only what says so itself is one, see {@link FailureJudge}; the message waits, no attempt is spent. What keeps
 *       saying so while our database answers belongs to the message after all: the handler uses something else;
 *   <li>a right that our own statements need, before the handler was called? The message waits until it is granted;
 *   <li>decide: another attempt later, or a dead letter;
 *   <li>record the decision, in a transaction of its own. What cannot be stored as it is, is stored with the fewest columns.
 * </ol>
 */
final class FailurePipeline {

    private static final Logger log = ReadableLogger.of(FailurePipeline.class);

    // runs in a row that end with a conflict
    private static final int RUNS = 3;
    // failures in a row of one message that look like our database's, while it answers
    private static final int HELD = 5;
    // rounds in a row of a parked message that spend no attempt
    private static final int ROUNDS = 20;
    private static final Duration LOCK_WAIT = Duration.ofMillis(300);
    private static final Duration NOT_STORED_WAIT = Duration.ofSeconds(15);
    private static final Duration RIGHT_WAIT = Duration.ofSeconds(5);

    private final ListenerSettings settings;
    private final DependencyFailures dependency;

    /**
     * A delivery that failed.
     *
     * @param attempt number of the handler's call, or of the one that there would have been
     * @param called whether the handler was called
     * @param run number of this run of the transaction, from 1
     * @param rounds how often in a row it was parked without spending an attempt
     * @param held how often in a row it looked like an outage
     * @param heldFor how long ago the first of these was
     */
    record Failed(
            ReceivedMessage message,
            int attempt,
            boolean called,
            int run,
            int rounds,
            int held,
            Duration heldFor,
            Throwable cause) {

        /** The attempt to report: 0 if the handler was not called. */
        int reported() {
            return called ? attempt : 0;
        }
    }

    /** Stores a decision in a transaction of its own. Each method throws what the database throws. */
    interface Recording {

        Outcome park(Failed failed, Spent spent, FailureText text, Duration delay);

        Outcome dead(Failed failed, String reason, FailureText text);
    }

    FailurePipeline(ListenerSettings settings, DependencyFailures dependency) {
        this.settings = settings;
        this.dependency = dependency;
    }

    /** Decides about a failure; empty if the transaction is to be run again at once. */
    Optional<Outcome> judge(Failed failed, Recording recording) {
        FailureKind kind = FailureJudge.kindOf(failed.cause());
        if (!waitsForALock(failed) && settings.policy().runAgain(failed.run(), failed.cause())) {
            return Optional.empty();
        }
        Missing missing = missing(kind, failed);
        if (missing != null) {
            return Optional.of(new Away(missing, failed.cause()));
        }
        if (kind == FailureKind.CONFLICT && !failed.called()) {
            return Optional.of(new Waits(failed.cause(), LOCK_WAIT));
        }
        if (!failed.called() && FailureJudge.lacksRight(failed.cause())) {
            return Optional.of(new Waits(failed.cause(), RIGHT_WAIT)); // of a table of ours
        }
        return Optional.of(decide(failed, recording));
    }

    // somebody holds the inbox row: that takes longer than a few runs
    private static boolean waitsForALock(Failed failed) {
        return !failed.called() && FailureJudge.isLockTimeout(failed.cause());
    }

    private @Nullable Missing missing(FailureKind kind, Failed failed) {
        return switch (kind) {
            case DATABASE_AWAY -> !failed.called() || failed.held() < HELD ? Missing.DATABASE : null;
            case POOL_EXHAUSTED ->
                !failed.called() || failed.heldFor().compareTo(settings.maxOutage()) < 0 ? Missing.CONNECTION : null;
            default ->
                failed.called()
                                && dependency.isToBlame(
                                        failed.cause(), failed.message().queue())
                        ? Missing.DEPENDENCY
                        : null;
        };
    }

    private Outcome decide(Failed failed, Recording recording) {
        RedeliveryDecision decision =
                settings.policy().decide(new Attempts(failed.attempt(), failed.rounds()), failed.cause());
        if (decision instanceof GiveUp giveUp) {
            return dead(failed, giveUp.reason(), recording);
        }
        if (decision instanceof Uncounted uncounted) {
            Spent spent = new Spent(failed.attempt() - 1, uncounted.rounds());
            return record(failed, text -> recording.park(failed, spent, text, uncounted.delay()));
        }
        if (decision instanceof After after) {
            Spent spent = new Spent(failed.attempt(), 0);
            return record(failed, text -> recording.park(failed, spent, text, after.delay()));
        }
        throw new IllegalStateException("Unknown decision " + decision);
    }

    /** Notes that a handler has succeeded: what it needs is not away. */
    void succeeded() {
        dependency.over();
    }

    /** Records a dead letter. */
    Outcome dead(Failed failed, String reason, Recording recording) {
        return record(failed, text -> recording.dead(failed, reason, text));
    }

    /** Records that a message is to be handled again, without spending an attempt as long as that is bearable. */
    Outcome again(Failed failed, Duration delay, Recording recording) {
        if (failed.rounds() >= ROUNDS) {
            return decide(failed, recording);
        }
        Spent spent = new Spent(failed.attempt() - 1, failed.rounds() + 1);
        return record(failed, text -> recording.park(failed, spent, text, delay));
    }

    /** Records a message that is to be handled later, and not here and now. */
    Outcome park(Failed failed, Recording recording) {
        Spent spent = new Spent(failed.attempt() - 1, failed.rounds());
        Duration delay = settings.policy().initialDelay();
        return record(failed, text -> recording.park(failed, spent, text, delay));
    }

    private interface Storing {
        Outcome store(FailureText text);
    }

    private Outcome record(Failed failed, Storing storing) {
        boolean fewest = false;
        for (int run = 1; ; run++) {
            try {
                return storing.store(fewest ? FailureText.minimal(failed.cause()) : FailureText.of(failed.cause()));
            } catch (RuntimeException | StackOverflowError e) {
                Optional<Outcome> waits = notStored(e, run);
                if (waits.isPresent()) {
                    return waits.get();
                }
                if (FailureJudge.kindOf(e) != FailureKind.CONFLICT) {
                    if (fewest) {
                        return neverStored(failed, e);
                    }
                    fewest = true;
                    log.warn(
                            "{}: its failure cannot be stored as it is; what always fits is stored",
                            MessageText.of(settings, failed.message()),
                            e);
                }
            }
        }
    }

    private static Optional<Outcome> notStored(Throwable thrown, int run) {
        return switch (FailureJudge.kindOf(thrown)) {
            case DATABASE_AWAY -> Optional.of(new Away(Missing.DATABASE, thrown));
            case POOL_EXHAUSTED -> Optional.of(new Away(Missing.CONNECTION, thrown));
            case CONFLICT -> run < RUNS ? Optional.empty() : Optional.of(new Waits(thrown, LOCK_WAIT));
            default -> Optional.empty();
        };
    }

    private Outcome neverStored(Failed failed, Throwable thrown) {
        log.error(
                "{}: its failure cannot be stored at all; its key waits, next attempt in {}",
                MessageText.of(settings, failed.message()),
                NOT_STORED_WAIT,
                thrown);
        return new Waits(thrown, NOT_STORED_WAIT);
    }
}
