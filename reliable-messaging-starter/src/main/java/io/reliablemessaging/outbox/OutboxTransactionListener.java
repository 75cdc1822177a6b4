package io.reliablemessaging.outbox;

import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.transaction.TransactionExecution;
import org.springframework.transaction.TransactionExecutionListener;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * Follows the transactions of one transaction manager and writes their outbox rows last.
 *
 * <p>{@code beforeCommit} of this listener runs after {@code beforeCommit} and {@code beforeCompletion} of every
 * synchronization. A synchronization of our own could not be last: one registered from another's {@code beforeCommit} is
 * never called.
 */
final class OutboxTransactionListener implements TransactionExecutionListener {

    private final BooleanSupplier onOurDataSource;
    private final Supplier<Outbox> outbox;

    OutboxTransactionListener(BooleanSupplier onOurDataSource, Supplier<Outbox> outbox) {
        this.onOurDataSource = onOurDataSource;
        this.outbox = outbox;
    }

    @Override
    public void afterBegin(TransactionExecution transaction, @Nullable Throwable failure) {
        if (failure == null
                && outermost(transaction)
                && TransactionSynchronizationManager.isSynchronizationActive()
                && onOurDataSource.getAsBoolean()) {
            outbox.get().begin(transaction.isReadOnly());
        }
    }

    @Override
    public void beforeCommit(TransactionExecution transaction) {
        // marked for rollback: the commit that follows will refuse, and the connection may take no more statements
        if (outermost(transaction) && !transaction.isRollbackOnly() && onOurDataSource.getAsBoolean()) {
            outbox.get().write();
        }
    }

    private static boolean outermost(TransactionExecution transaction) {
        return transaction.isNewTransaction() && !transaction.isNested();
    }
}
