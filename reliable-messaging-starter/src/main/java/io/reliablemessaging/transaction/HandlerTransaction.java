package io.reliablemessaging.transaction;

import io.reliablemessaging.dryrun.DryRunGuard;
import io.reliablemessaging.dryrun.DryRunRefusedException;
import io.reliablemessaging.handler.HandlerFailedException;
import io.reliablemessaging.publish.OutboxTransactionManagers;
import io.reliablemessaging.retry.FailureJudge;
import io.reliablemessaging.retry.FailureKind;
import io.reliablemessaging.retry.RedeliveryPolicy;
import io.reliablemessaging.text.DurationText;
import io.reliablemessaging.text.ReadableLogger;
import io.reliablemessaging.transaction.CommitGuard.Guarded;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.springframework.transaction.ConfigurableTransactionManager;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.TransactionStatus;
import org.springframework.transaction.TransactionTimedOutException;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.transaction.support.TransactionSynchronizationUtils;

/**
 * Runs work in one transaction, and returns only if PostgreSQL has committed it:
 *
 * <ol>
 *   <li>a transaction begins; its connection is closed if the database does not answer for longer than the transaction may
 *       last;
 *   <li>the work runs, and must run a statement;
 *   <li>after each handler and at the end, the transaction must still be open: no failed statement was swallowed, and the
 *       transaction was neither ended by hand nor marked for rollback. {@link CommitGuard} checks that again after all
 *       synchronizations and JPA's flush;
 *   <li>it commits. If any step fails, it is rolled back, and the first failure is thrown.
 * </ol>
 */
public final class HandlerTransaction {

    private static final Logger log = ReadableLogger.of(HandlerTransaction.class);

    private static final String NOT_FOLLOWED =
            "The starter does not follow transactions of the handler's transaction manager, so it could not refuse others beside them."
                    + " Make the manager a bean, a JpaTransactionManager or JdbcTransactionManager with its synchronization switched on";

    private final PlatformTransactionManager manager;
    private final TransactionConnections connections;
    private final CommitGuard guard;
    private final TransactionDefinition definition;
    private final int isolation;
    private final Duration limit;

    /**
     * Creates a transaction that is not begun.
     *
     * @param definition name and time-out
     * @param isolation isolation level, or {@link TransactionDefinition#ISOLATION_DEFAULT}
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

    /** Runs work without a result, as {@link #execute} does. */
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
     * @throws NotCommittedException if the work returned, but can no longer be committed
     * @throws TransactionTimedOutException if the transaction lasted too long; its cause is the exception of the work
     * @throws ConnectionLostException if the connection broke; its cause is the exception of the work
     */
    public <T> T execute(Supplier<T> work) {
        return execute(work, this::commit);
    }

    /**
     * Runs work in a transaction that is never committed: everything that comes before a commit is done, deferred constraints are
     * checked, and then it is rolled back. Meanwhile, this thread is guarded by {@link DryRunGuard}.
     *
     * @return how many messages it would have published
     * @throws DryRunRefusedException if the work tried to do what the rollback would not undo, whatever it did with the exception
     * @throws NotCommittedException and others as {@link #execute} does, if it could not have been committed
     */
    public int dryRun(Runnable work) {
        DryRunGuard dryRun = new DryRunGuard();
        try {
            boolean unused = execute(
                    () -> runGuarded(work, dryRun), (status, guarded) -> rollBackInstead(status, guarded, dryRun));
        } catch (RuntimeException | Error e) {
            dryRun.requireNoRefusal();
            throw e;
        } finally {
            DryRunGuard.end();
        }
        dryRun.requireNoRefusal();
        return dryRun.published();
    }

    private static boolean runGuarded(Runnable work, DryRunGuard dryRun) {
        dryRun.begin();
        if (!OutboxTransactionManagers.followsCurrentTransaction()) {
            DryRunGuard.refuse(NOT_FOLLOWED);
        }
        try {
            work.run();
            return true;
        } catch (RuntimeException | Error e) {
            dryRun.decide();
            throw e;
        }
    }

    // does what Spring does before a commit. Never calls commit, which a listener would have to prevent
    private void rollBackInstead(TransactionStatus status, Guarded guarded, DryRunGuard dryRun) {
        try {
            TransactionSynchronizationUtils.triggerBeforeCommit(status.isReadOnly());
            if (manager instanceof ConfigurableTransactionManager configurable) {
                configurable.getTransactionExecutionListeners().forEach(listener -> listener.beforeCommit(status));
            }
            guarded.requireCommittable();
            connections.checkDeferredConstraints();
        } finally {
            dryRun.decide();
        }
        manager.rollback(status);
    }

    /** Ends a transaction whose work has succeeded. */
    private interface Ending {
        void end(TransactionStatus status, Guarded guarded);
    }

    private <T> T execute(Supplier<T> work, Ending ending) {
        long begun = System.nanoTime();
        TransactionStatus status = manager.getTransaction(definition);
        Guarded guarded = null;
        try {
            guarded = guard.guard(status, connections.watch(limit, isolation));
            T result = run(work, guarded);
            ending.end(status, guarded);
            return result;
        } catch (RuntimeException | Error thrown) {
            if (guarded != null && !status.isCompleted()) {
                guarded.noteConnection(); // the rollback gives the connection back
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
     * Checks that the transaction of this thread is still the one that began. Call it inside the work, after each handler
     * and before any other statement. If a handler has ended our transaction by hand, that statement would open another one,
     * which nothing tells from ours.
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
            // the commit is done; only a callback after it has failed
            log.warn(
                    "A transaction synchronization failed after the commit of {}. The message is handled; what the synchronization was to do is not done",
                    definition.getName(),
                    e);
        }
    }

    /** Rolls back a transaction that has not ended. Returns the failure of the rollback, or null. */
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
