package io.reliablemessaging.retry;

import java.io.IOException;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.ConcurrencyFailureException;
import org.springframework.jdbc.CannotGetJdbcConnectionException;
import org.springframework.transaction.CannotCreateTransactionException;
import org.springframework.transaction.TransactionSystemException;
import org.springframework.transaction.TransactionTimedOutException;

/**
 * Tells failures of the infrastructure from failures of a message. Every outage is listed here by its SQL state or exception
 * type; what is not listed belongs to the message.
 *
 * <p>It sees only the exception. A handler may use other databases than ours, and some errors of a message look like a
 * broken connection (a statement that is too large for the protocol, a function that makes the server crash). So
 * {@link FailureKind#DATABASE_AWAY} and {@link FailureKind#POOL_EXHAUSTED} are suspicions: ask our own database before you
 * let other messages wait, and count attempts if it answers.
 *
 * <p>It reads causes, next SQL exceptions and the exception that a failed rollback has hidden, but no suppressed exceptions,
 * which are side effects (a resource that could not be closed).
 */
public final class FailureJudge {

    // serialization failure, deadlock, lock not available: PostgreSQL asks for the transaction to be run again
    private static final String LOCK_NOT_AVAILABLE = "55P03";
    private static final Set<String> CONFLICTS = Set.of("40001", "40P01", LOCK_NOT_AVAILABLE);
    // idle_in_transaction_session_timeout, transaction_timeout
    private static final Set<String> TIMEOUTS = Set.of("25P03", "25P04");
    // connection failures; the server starts or stops; it has no connection, memory or disk space left
    private static final List<String> AWAY = List.of("08", "57P", "53");
    // authorization: password, login; permission denied, which is not the rest of class 42
    private static final String INSUFFICIENT_PRIVILEGE = "42501";
    private static final List<String> REFUSED = List.of("28", INSUFFICIENT_PRIVILEGE);

    // by name: JPA and pools are optional
    private static final Set<String> OPTIMISTIC_LOCKS = Set.of(
            "jakarta.persistence.OptimisticLockException",
            "org.hibernate.StaleStateException",
            "org.hibernate.dialect.lock.OptimisticEntityLockException");
    private static final Set<String> POOL_EXCEPTIONS = Set.of("org.apache.tomcat.jdbc.pool.PoolExhaustedException");

    private static final int LONGEST = 100;

    private FailureJudge() {}

    /** Classifies a failure. */
    public static FailureKind kindOf(Throwable failure) {
        List<Throwable> all = related(failure);
        if (all.stream().anyMatch(FailureJudge::isTimeout)) {
            return FailureKind.TRANSACTION_TIMEOUT;
        }
        if (all.stream().anyMatch(FailureJudge::isConflict)) {
            return FailureKind.CONFLICT;
        }
        if (all.stream().anyMatch(FailureJudge::isDatabaseAway)) {
            return FailureKind.DATABASE_AWAY;
        }
        boolean beginning = all.stream().anyMatch(FailureJudge::isBeginning);
        if (all.stream().anyMatch(thrown -> isPoolTimeout(thrown, beginning))) {
            return FailureKind.POOL_EXHAUSTED;
        }
        return FailureKind.OTHER;
    }

    /** Tells whether a failure is a reason to ask our own database whether it answers. */
    public static boolean suspectsDatabase(Throwable failure) {
        FailureKind kind = kindOf(failure);
        return kind == FailureKind.DATABASE_AWAY || kind == FailureKind.POOL_EXHAUSTED;
    }

    /** Tells whether PostgreSQL has refused a login or a statement for the role, its password or its rights. */
    public static boolean isRefusal(@Nullable Throwable thrown) {
        return hasState(thrown, state -> REFUSED.stream().anyMatch(state::startsWith));
    }

    /** Tells whether PostgreSQL has refused a statement because the role lacks a right. */
    public static boolean lacksRight(Throwable failure) {
        return related(failure).stream().anyMatch(thrown -> hasState(thrown, INSUFFICIENT_PRIVILEGE::equals));
    }

    /** Tells whether a statement has waited too long for a lock of another transaction. */
    public static boolean isLockTimeout(Throwable failure) {
        return related(failure).stream().anyMatch(thrown -> hasState(thrown, LOCK_NOT_AVAILABLE::equals));
    }

    /**
     * Tells whether the JVM may not work reliably after this error, so that the listener must stop. Any other error (an
     * assertion, a stack overflow, a class that is missing) is a failure of the message that caused it.
     */
    public static boolean isFatal(Error error) {
        return (error instanceof VirtualMachineError && !(error instanceof StackOverflowError))
                || hasType(error, Set.of("java.lang.ThreadDeath"));
    }

    private static boolean isTimeout(Throwable thrown) {
        return thrown instanceof TransactionTimedOutException || hasState(thrown, TIMEOUTS::contains);
    }

    private static boolean isConflict(Throwable thrown) {
        return thrown instanceof ConcurrencyFailureException
                || hasState(thrown, CONFLICTS::contains)
                || hasType(thrown, OPTIMISTIC_LOCKS);
    }

    private static boolean isDatabaseAway(Throwable thrown) {
        if (!(thrown instanceof SQLException)) {
            return false;
        }
        // a pool's time-out carries the last failure to connect, whatever that was
        return hasState(thrown, state -> AWAY.stream().anyMatch(state::startsWith))
                || thrown.getCause() instanceof IOException
                || (thrown instanceof SQLTransientConnectionException
                        && thrown.getCause() instanceof SQLException
                        && !isRefusal(thrown.getCause()));
    }

    private static boolean isBeginning(Throwable thrown) {
        return thrown instanceof CannotGetJdbcConnectionException || thrown instanceof CannotCreateTransactionException;
    }

    private static boolean isPoolTimeout(Throwable thrown, boolean beginning) {
        if (thrown instanceof SQLTransientConnectionException && isRefusal(thrown.getCause())) {
            return true;
        }
        if (!(thrown instanceof SQLException sql) || sql.getSQLState() != null) {
            return false;
        }
        return beginning
                || sql instanceof SQLTransientConnectionException
                || hasType(sql, POOL_EXCEPTIONS)
                || sql.getCause() instanceof NoSuchElementException // Commons DBCP: nothing idle in time
                || (sql.getCause() != null
                        && sql.getCause().getClass().getSimpleName().equals("TimeoutException"));
    }

    private static boolean hasState(@Nullable Throwable thrown, Predicate<String> wanted) {
        return thrown instanceof SQLException sql && sql.getSQLState() != null && wanted.test(sql.getSQLState());
    }

    private static boolean hasType(Throwable thrown, Set<String> names) {
        for (Class<?> type = thrown.getClass(); type != null; type = type.getSuperclass()) {
            if (names.contains(type.getName())) {
                return true;
            }
        }
        return false;
    }

    /** Returns a failure and its related exceptions, each once, the nearest first, within a bound. */
    private static List<Throwable> related(Throwable failure) {
        Set<Throwable> known = Collections.newSetFromMap(new IdentityHashMap<>());
        List<Throwable> all = new ArrayList<>();
        add(failure, known, all);
        for (int i = 0; i < all.size() && all.size() < LONGEST; i++) {
            Throwable thrown = all.get(i);
            if (thrown instanceof TransactionSystemException hiding) {
                add(hiding.getApplicationException(), known, all);
            }
            add(causeOf(thrown), known, all);
            if (thrown instanceof SQLException sql) {
                add(sql.getNextException(), known, all);
            }
        }
        return all;
    }

    /** Returns the cause of an exception; null if it has none or {@code getCause} throws. */
    static @Nullable Throwable causeOf(Throwable thrown) {
        try {
            return thrown.getCause();
        } catch (RuntimeException | Error e) {
            return null;
        }
    }

    private static void add(@Nullable Throwable thrown, Set<Throwable> known, List<Throwable> all) {
        if (thrown != null && known.add(thrown)) {
            all.add(thrown);
        }
    }
}
