package io.reliablemessaging.retry;

import io.reliablemessaging.UnrecoverableMessageException;
import io.reliablemessaging.retry.RedeliveryDecision.After;
import io.reliablemessaging.retry.RedeliveryDecision.GiveUp;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Decides what follows a failure. The delay before attempt n+1 is {@code initialDelay * multiplier^(n-1)}, at most {@code
 * maxDelay}.
 *
 * @param maxAttempts how often the handler is called at most
 * @param initialDelay delay after the first failure
 * @param multiplier factor between one delay and the next
 * @param maxDelay longest delay
 */
public record RedeliveryPolicy(int maxAttempts, Duration initialDelay, double multiplier, Duration maxDelay) {

    // serialization failure, deadlock, lock not available: PostgreSQL asks for the transaction to be run again
    private static final Set<String> RUN_AGAIN = Set.of("40001", "40P01", "55P03");
    private static final int RUNS = 3;

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
    }

    /**
     * Decides, for a failure that has already been counted.
     *
     * @param attempts counted failures, this one included
     */
    public RedeliveryDecision decide(int attempts, Throwable failure) {
        if (caused(failure, UnrecoverableMessageException.class) != null) {
            return new GiveUp("no attempt can help");
        }
        if (attempts >= maxAttempts) {
            return new GiveUp("%d of %d attempts failed".formatted(attempts, maxAttempts));
        }
        return new After(delayAfter(attempts));
    }

    /**
     * Whether the database asked for the transaction to be run again at once, which spends no attempt.
     *
     * @param tries runs of this transaction so far
     */
    public boolean runAgain(int tries, Throwable failure) {
        SQLException sql = caused(failure, SQLException.class);
        return sql != null && sql.getSQLState() != null && RUN_AGAIN.contains(sql.getSQLState()) && tries < RUNS;
    }

    private Duration delayAfter(int attempts) {
        double millis = initialDelay.toMillis() * Math.pow(multiplier, attempts - 1.0);
        return millis >= maxDelay.toMillis() ? maxDelay : Duration.ofMillis((long) millis);
    }

    private static <T extends Throwable> @Nullable T caused(Throwable failure, Class<T> type) {
        int depth = 0;
        for (Throwable t = failure; t != null && depth < 50; t = t.getCause(), depth++) {
            if (type.isInstance(t)) {
                return type.cast(t);
            }
        }
        return null;
    }
}
