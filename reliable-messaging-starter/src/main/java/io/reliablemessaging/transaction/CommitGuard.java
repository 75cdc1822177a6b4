package io.reliablemessaging.transaction;

import io.reliablemessaging.publish.EntityManagerFlush;
import io.reliablemessaging.transaction.TransactionConnections.State;
import io.reliablemessaging.transaction.TransactionConnections.Watched;
import org.jspecify.annotations.Nullable;
import org.springframework.transaction.TransactionExecution;
import org.springframework.transaction.TransactionExecutionListener;

/**
 * Checks a handler's transaction again just before its commit: synchronizations and JPA's flush may run statements after the
 * handler, which may fail unnoticed, too. Does not touch the host's own transactions.
 */
final class CommitGuard implements TransactionExecutionListener {

    private static final ThreadLocal<Guarded> CURRENT = new ThreadLocal<>();

    private final EntityManagerFlush jpa;

    CommitGuard(EntityManagerFlush jpa) {
        this.jpa = jpa;
    }

    /** Guards a transaction of this thread until {@link #leave}. */
    Guarded guard(TransactionExecution transaction, Watched connection) {
        Guarded guarded = new Guarded(transaction, connection);
        CURRENT.set(guarded);
        return guarded;
    }

    /** Checks that the transaction of this thread can be committed now. */
    void requireCommittable() {
        Guarded guarded = CURRENT.get();
        if (guarded != null) {
            guarded.requireCommittable();
        }
    }

    void leave() {
        CURRENT.remove();
    }

    @Override
    public void beforeCommit(TransactionExecution transaction) {
        Guarded guarded = guarded(transaction);
        if (guarded == null) {
            return;
        }
        try {
            jpa.flush();
            guarded.requireCommittable();
        } catch (RuntimeException | Error e) {
            guarded.failure = e; // if the rollback fails as well, Spring throws only that failure
            throw e;
        }
    }

    @Override
    public void afterCommit(TransactionExecution transaction, @Nullable Throwable failure) {
        Guarded guarded = guarded(transaction);
        if (guarded != null) {
            guarded.committed = failure == null;
            guarded.end();
        }
    }

    @Override
    public void afterRollback(TransactionExecution transaction, @Nullable Throwable failure) {
        Guarded guarded = guarded(transaction);
        if (guarded != null) {
            guarded.end();
        }
    }

    private @Nullable Guarded guarded(TransactionExecution transaction) {
        Guarded guarded = CURRENT.get();
        return guarded != null && guarded.transaction == transaction ? guarded : null;
    }

    /** A guarded transaction. */
    static final class Guarded {

        private final TransactionExecution transaction;
        private final Watched connection;
        private @Nullable Throwable failure;
        private boolean committed;
        private boolean broken;
        private boolean maybeBroken;

        private Guarded(TransactionExecution transaction, Watched connection) {
            this.transaction = transaction;
            this.connection = connection;
        }

        /**
         * Checks that PostgreSQL would really commit now.
         *
         * @throws NotCommittedException if not. It is no {@code TransactionException}, after which Spring would not roll
         *     back
         */
        void requireCommittable() {
            State state = connection.state();
            if (state == State.ABORTED && !connection.isBroken()) {
                throw NotCommittedException.aborted();
            }
            if (state == State.OVER && !connection.isBroken()) {
                throw NotCommittedException.over();
            }
            if (transaction.isRollbackOnly()) {
                throw NotCommittedException.marked();
            }
        }

        /** Notes the state of its connection, before the pool may give the connection to others. */
        void noteConnection() {
            broken |= connection.isBroken();
            maybeBroken |= connection.mayBeBroken();
        }

        private void end() {
            noteConnection();
            connection.release();
        }

        /** Tells whether its connection was lost. */
        boolean isBroken() {
            return broken;
        }

        /** Tells whether its connection may have been lost; another sign of it is needed. */
        boolean mayBeBroken() {
            return broken || maybeBroken;
        }

        boolean isCommitted() {
            return committed;
        }

        /** Returns what failed before the commit; null if nothing did. */
        @Nullable
        Throwable failure() {
            return failure;
        }
    }
}
