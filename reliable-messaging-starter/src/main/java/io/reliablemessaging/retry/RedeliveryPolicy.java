package io.reliablemessaging.retry;

import io.reliablemessaging.RetryLaterException;
import io.reliablemessaging.UnrecoverableMessageException;
import io.reliablemessaging.retry.RedeliveryDecision.After;
import io.reliablemessaging.retry.RedeliveryDecision.GiveUp;
import io.reliablemessaging.retry.RedeliveryDecision.Uncounted;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * Decides what follows a failure. The delay before attempt n+1 is {@code initialDelay * multiplier^(n-1)}, at most {@code
 * maxDelay}, and up to a fifth shorter by chance, so that messages that failed together do not come back together.
 *
 * @param maxAttempts how often the handler is called at most
 * @param initialDelay delay after the first failure
 * @param multiplier factor between one delay and the next
 * @param maxDelay longest delay
 * @param unrecoverable failures that no further attempt can mend, besides {@link UnrecoverableMessageException}
 */
public record RedeliveryPolicy(
        int maxAttempts,
        Duration initialDelay,
        double multiplier,
        Duration maxDelay,
        List<Class<? extends Throwable>> unrecoverable) {

    // serialization failure, deadlock, lock not available: PostgreSQL asks for the transaction to be run again
    private static final Set<String> RUN_AGAIN = Set.of("40001", "40P01", "55P03");
    // the server ends, starts or has no connection to spare: what it was doing is not to blame
    private static final Set<String> GONE = Set.of("57P01", "57P02", "57P03", "53300");
    private static final String CONNECTION_FAILED = "08";
    private static final int RUNS = 3;
    private static final double JITTER = 0.2;

    public RedeliveryPolicy {
        if (maxAttempts < 1) {
            throw new IllegalArgumentException(
                    "max-attempts is %d; the handler must be called at least once".formatted(maxAttempts));
        }
        if (initialDelay.isNegative() || maxDelay.compareTo(initialDelay) < 0 || multiplier < 1) {
            throw new IllegalArgumentException(
                    "Back-off from %s by %s up to %s: want 0 <= initial-delay <= max-delay and multiplier >= 1"
                            .formatted(initialDelay, multiplier, maxDelay));
        }
        unrecoverable = List.copyOf(unrecoverable);
    }

    /**
     * Decides about a failure.
     *
     * @param attempts failures, this one included
     */
    public RedeliveryDecision decide(int attempts, Throwable failure) {
        RetryLaterException later = caused(failure, RetryLaterException.class);
        if (later != null) {
            return new Uncounted(later.delay());
        }
        if (caused(failure, UnrecoverableMessageException.class) != null
                || unrecoverable.stream().anyMatch(type -> caused(failure, type) != null)) {
            return new GiveUp("no attempt can help");
        }
        if (attempts >= maxAttempts) {
            return new GiveUp("%d of %d attempts failed".formatted(attempts, maxAttempts));
        }
        return new After(delayAfter(attempts));
    }

    /**
     * Whether to run the transaction again at once, which spends no attempt: the database asked for it, or has gone away
     * in the middle.
     *
     * @param tries runs of this transaction so far
     */
    public boolean runAgain(int tries, Throwable failure) {
        return tries < RUNS && (isConflict(failure) || isDatabaseGone(failure));
    }

    /** Whether two transactions have met: each would have succeeded alone. */
    public static boolean isConflict(Throwable failure) {
        String state = sqlState(failure);
        return state != null && RUN_AGAIN.contains(state);
    }

    private static boolean isDatabaseGone(Throwable failure) {
        String state = sqlState(failure);
        return state != null && (state.startsWith(CONNECTION_FAILED) || GONE.contains(state));
    }

    private static @Nullable String sqlState(Throwable failure) {
        SQLException sql = caused(failure, SQLException.class);
        return sql == null ? null : sql.getSQLState();
    }

    private Duration delayAfter(int attempts) {
        double longest =
                Math.min(initialDelay.toMillis() * Math.pow(multiplier, attempts - 1.0), (double) maxDelay.toMillis());
        return Duration.ofMillis(
                (long) (longest * (1 - JITTER * ThreadLocalRandom.current().nextDouble())));
    }

    /** The first of a failure and its causes that is of the given type, or null. */
    public static <T extends Throwable> @Nullable T caused(Throwable failure, Class<T> type) {
        int depth = 0;
        for (Throwable t = failure; t != null && depth < 50; t = t.getCause(), depth++) {
            if (type.isInstance(t)) {
                return type.cast(t);
            }
        }
        return null;
    }
}
