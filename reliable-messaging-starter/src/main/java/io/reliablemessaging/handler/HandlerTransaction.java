package io.reliablemessaging.handler;

import io.reliablemessaging.handler.CommitGuard.Guarded;
import io.reliablemessaging.inbox.TransactionConnections;
import io.reliablemessaging.retry.FailureJudge;
import io.reliablemessaging.retry.FailureKind;
import io.reliablemessaging.retry.RedeliveryPolicy;
import io.reliablemessaging.text.DurationText;
import io.reliablemessaging.text.ReadableLogger;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.TransactionStatus;
import org.springframework.transaction.TransactionTimedOutException;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * Runs work in one transaction, and returns only if PostgreSQL has committed it:
 *
 * <ol>
 *   <li>a transaction begins; its connection breaks if the database is silent for longer than the transaction may last;
 *   <li>the work runs, and must run a statement;
 *   <li>the transaction must still be open, after each handler and at the end: nobody has swallowed a failed statement, ended the transaction by hand or marked
 *       it for rollback. The same is made sure of again after all synchronizations and JPA's flush ({@link CommitGuard});
 *   <li>it commits. If anything of this fails, it is rolled back, and what failed first is thrown, whatever fails then.
 * </ol>
 */
public final class HandlerTransaction {

    private static final Logger log = ReadableLogger.of(HandlerTransaction.class);

    private final PlatformTransactionManager manager;
    private final TransactionConnections connections;
    private final CommitGuard guard;
    private final TransactionDefinition definition;
    private final int isolation;
    private final Duration limit;

    /**
     * Makes it.
     *
     * @param definition name and time-out
     * @param isolation level that is set for it, or {@link TransactionDefinition#ISOLATION_DEFAULT}
     * @param limit how long it may last
     */
    HandlerTransaction(
            PlatformTransactionManager manager,
            TransactionConnections connections,
            CommitGuard guard,
            TransactionDefinition definition,
            int isolation,
            Duration limit) {
        this.manager = manager;
        this.connections = connections;
        this.guard = guard;
        this.definition = definition;
        this.isolation = isolation;
        this.limit = limit;
    }

    /** Runs work as {@link #execute} does. */
    void run(Runnable work) {
        boolean unused = execute(() -> {
            work.run();
            return true;
        });
    }

    /**
     * Runs work in one transaction.
     *
     * @return what the work returned, after the commit
     * @throws NotCommittedException if the work returned, but what it did can no longer be committed
     * @throws TransactionTimedOutException if the transaction lasted too long; its cause is what the work threw
     * @throws ConnectionLostException if the connection broke; its cause is what the work threw
     */
    public <T> T execute(Supplier<T> work) {
        long begun = System.nanoTime();
        TransactionStatus status = manager.getTransaction(definition);
        Guarded guarded = null;
        try {
            guarded = guard.guard(status, connections.watch(limit, isolation));
            T result = run(work, guarded);
            commit(status, guarded);
            return result;
        } catch (RuntimeException | Error thrown) {
            if (guarded != null && !status.isCompleted()) {
                guarded.note(); // the rollback gives the connection back
            }
            Throwable first = guarded == null || guarded.failure() == null ? thrown : guarded.failure();
            Throwable rollback = first == thrown ? rollBack(status) : thrown;
            if (rollback != null) {
                first.addSuppressed(rollback);
            }
            throw asThrown(explained(first, rollback, guarded, System.nanoTime() - begun));
        } finally {
            guard.leave();
        }
    }

    /**
     * Makes sure that the transaction of this thread is still the one that began. To be called inside the work, after each
     * handler and before any other statement: that would open another transaction where a handler has ended ours by hand, and
     * nobody could tell them apart.
     *
     * @throws NotCommittedException if it can no longer be committed
     */
    public void requireOpen() {
        guard.requireCommittable();
    }

    private <T> T run(Supplier<T> work, Guarded guarded) {
        if (isolation != TransactionDefinition.ISOLATION_DEFAULT) {
            TransactionSynchronizationManager.setCurrentTransactionIsolationLevel(isolation);
        }
        T result = work.get();
        guarded.requireCommittable();
        return result;
    }

    private void commit(TransactionStatus status, Guarded guarded) {
        try {
            manager.commit(status);
        } catch (RuntimeException e) {
            if (!guarded.isCommitted()) {
                throw e;
            }
            // it is done; whoever wanted to be told of it failed
            log.warn("A transaction synchronization failed after the commit of {}", definition.getName(), e);
        }
    }

    /** Rolls back what is not at its end. */
    private @Nullable Throwable rollBack(TransactionStatus status) {
        if (status.isCompleted()) {
            return null;
        }
        try {
            manager.rollback(status);
            return null;
        } catch (RuntimeException | Error e) {
            return e;
        }
    }

    private Throwable explained(Throwable first, @Nullable Throwable rollback, @Nullable Guarded guarded, long nanos) {
        Throwable cause = HandlerFailedException.unwrapped(first);
        if (guarded == null
                || first instanceof Error
                || RedeliveryPolicy.caused(cause, TransactionTimedOutException.class) != null) {
            return first;
        }
        boolean late = nanos >= limit.toNanos();
        boolean ended = isKind(FailureKind.TRANSACTION_TIMEOUT, cause, rollback);
        boolean away = isKind(FailureKind.DATABASE_AWAY, cause, rollback);
        boolean broken = guarded.isBroken() || (guarded.mayBeBroken() && (late || ended || away));
        if (broken && (ended || (late && !isSilence(cause) && !isSilence(rollback)))) {
            return new TransactionTimedOutException(late ? tooLong() : endedByOthers(), cause);
        }
        return broken ? new ConnectionLostException(cause) : first;
    }

    private static boolean isKind(FailureKind kind, Throwable cause, @Nullable Throwable rollback) {
        return FailureJudge.kindOf(cause) == kind || (rollback != null && FailureJudge.kindOf(rollback) == kind);
    }

    private static boolean isSilence(@Nullable Throwable failure) {
        return failure != null && RedeliveryPolicy.caused(failure, SocketTimeoutException.class) != null;
    }

    private String tooLong() {
        return "The transaction lasted longer than transaction-timeout (%s), so PostgreSQL ended it and undid its work. Make"
                        .formatted(DurationText.of(limit))
                + " the handler faster, or raise reliable-messaging.listener.transaction-timeout";
    }

    private String endedByOthers() {
        return "PostgreSQL ended the transaction and undid its work before transaction-timeout (%s) was over. See"
                        .formatted(DurationText.of(limit))
                + " idle_in_transaction_session_timeout of its role and database";
    }

    private static RuntimeException asThrown(Throwable thrown) {
        if (thrown instanceof Error error) {
            throw error;
        }
        return (RuntimeException) thrown;
    }
}
