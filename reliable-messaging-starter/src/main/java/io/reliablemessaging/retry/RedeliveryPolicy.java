package io.reliablemessaging.retry;

import io.reliablemessaging.RetryLaterException;
import io.reliablemessaging.UnrecoverableMessageException;
import io.reliablemessaging.retry.RedeliveryDecision.After;
import io.reliablemessaging.retry.RedeliveryDecision.GiveUp;
import io.reliablemessaging.retry.RedeliveryDecision.Uncounted;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * Decides what follows a failure. The delay before attempt n+1 is {@code initialDelay * multiplier^(n-1)}, at most
 * {@code maxDelay}, and up to a fifth shorter by chance, so that messages that failed together are not retried together.
 *
 * @param maxAttempts how often the handler is called at most
 * @param initialDelay delay after the first failure
 * @param multiplier factor between one delay and the next
 * @param maxDelay longest delay
 * @param unrecoverable failures that no further attempt can fix, besides {@link UnrecoverableMessageException}
 */
public record RedeliveryPolicy(
        int maxAttempts,
        Duration initialDelay,
        double multiplier,
        Duration maxDelay,
        List<Class<? extends Throwable>> unrecoverable) {

    private static final int RUNS = 3;
    private static final int UNCOUNTED_ROUNDS = 20;
    private static final double JITTER = 0.2;
    // transactions that conflicted must not meet again: most of the delay is random
    private static final double JITTER_AFTER_CONFLICT = 0.8;
    private static final int GROWING_ROUNDS = 3;
    private static final Duration LEAST_AFTER_CONFLICT = Duration.ofMillis(100);
    private static final Duration LONGEST = Duration.ofDays(365);

    public RedeliveryPolicy {
        if (maxAttempts < 1) {
            throw new IllegalArgumentException(
                    "max-attempts is %d; the handler must be called at least once".formatted(maxAttempts));
        }
        if (initialDelay.isNegative() || maxDelay.compareTo(initialDelay) < 0 || !(multiplier >= 1)) {
            throw new IllegalArgumentException(
                    "Back-off from %s by %s up to %s is not possible: 0 <= initial-delay <= max-delay and multiplier >= 1 are required"
                            .formatted(initialDelay, multiplier, maxDelay));
        }
        initialDelay = bounded(initialDelay);
        maxDelay = bounded(maxDelay);
        unrecoverable = List.copyOf(unrecoverable);
    }

    /**
     * Decides what follows a failure. The first twenty conflicts with other transactions do not count. After that they do,
     * so that a message that always meets one becomes a dead letter.
     */
    public RedeliveryDecision decide(Attempts attempts, Throwable failure) {
        RetryLaterException later = caused(failure, RetryLaterException.class);
        if (later != null) {
            return new Uncounted(bounded(later.delay()), attempts.uncounted());
        }
        if (isUnrecoverable(failure)) {
            return new GiveUp("no attempt can help");
        }
        int rounds = attempts.uncounted();
        if (rounds < UNCOUNTED_ROUNDS && FailureJudge.kindOf(failure) == FailureKind.CONFLICT) {
            return new Uncounted(delayAfterConflict(rounds), rounds + 1);
        }
        if (attempts.number() >= maxAttempts) {
            return new GiveUp("%d of %d attempts failed".formatted(attempts.number(), maxAttempts));
        }
        return new After(jittered(grown(attempts.number()), JITTER));
    }

    /**
     * Tells whether to run the transaction again at once, without spending an attempt, because it conflicted with another
     * one. Not when a database or a connection is missing: more runs would only prolong the wait.
     *
     * @param tries runs of this transaction so far
     */
    public boolean mayRunAgain(int tries, Throwable failure) {
        return tries < RUNS
                && FailureJudge.kindOf(failure) == FailureKind.CONFLICT
                && !isUnrecoverable(failure)
                && caused(failure, RetryLaterException.class) == null;
    }

    private boolean isUnrecoverable(Throwable failure) {
        return caused(failure, UnrecoverableMessageException.class) != null
                || unrecoverable.stream().anyMatch(type -> caused(failure, type) != null);
    }

    private Duration delayAfterConflict(int rounds) {
        double longest =
                Math.max(grown(1 + Math.min(rounds, GROWING_ROUNDS)), (double) LEAST_AFTER_CONFLICT.toMillis());
        return jittered(longest, JITTER_AFTER_CONFLICT);
    }

    private double grown(int attempts) {
        return Math.min(initialDelay.toMillis() * Math.pow(multiplier, attempts - 1.0), (double) maxDelay.toMillis());
    }

    private static Duration jittered(double longest, double jitter) {
        return Duration.ofMillis(
                (long) (longest * (1 - jitter * ThreadLocalRandom.current().nextDouble())));
    }

    // a delay comes from the application: it must fit into timestamps and milliseconds
    private static Duration bounded(Duration delay) {
        if (delay.isNegative()) {
            return Duration.ZERO;
        }
        return delay.compareTo(LONGEST) > 0 ? LONGEST : delay;
    }

    /** Returns the first of a failure and its causes that has the given type, or null. */
    public static <T extends Throwable> @Nullable T caused(Throwable failure, Class<T> type) {
        int depth = 0;
        for (Throwable t = failure; t != null && depth < 50; t = FailureJudge.causeOf(t), depth++) {
            if (type.isInstance(t)) {
                return type.cast(t);
            }
        }
        return null;
    }
}
