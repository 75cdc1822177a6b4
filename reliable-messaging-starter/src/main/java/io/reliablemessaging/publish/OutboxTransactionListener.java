package io.reliablemessaging.publish;

import io.reliablemessaging.dryrun.DryRunGuard;
import io.reliablemessaging.text.ReadableLogger;
import java.util.function.Supplier;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.springframework.transaction.ConfigurableTransactionManager;
import org.springframework.transaction.TransactionExecution;
import org.springframework.transaction.TransactionExecutionListener;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * Follows the transactions of one transaction manager and writes their outbox rows last.
 *
 * <p>{@code beforeCommit} of this listener runs after {@code beforeCommit} and {@code beforeCompletion} of every
 * synchronization. Our own synchronization could not be last: one that is registered in another's {@code beforeCommit}
 * is never called.
 *
 * <p>A transaction that publishes nothing costs one small object at its begin, and nothing at its end.
 */
final class OutboxTransactionListener implements TransactionExecutionListener {

    private static final Logger log = ReadableLogger.of(OutboxTransactionListener.class);

    private final OutboxTransactionManagers managers;
    private final ConfigurableTransactionManager manager;
    private final EntityManagerFlush jpa;
    private final Supplier<Outbox> outbox;
    private volatile @Nullable Followed followed;

    /**
     * Tells whether our tables can be written in transactions of a manager.
     *
     * @param dataSource data source under which the manager binds the connection; null if it does not hold our tables
     */
    private record Followed(@Nullable DataSource dataSource) {}

    OutboxTransactionListener(
            OutboxTransactionManagers managers, ConfigurableTransactionManager manager, Supplier<Outbox> outbox) {
        this.managers = managers;
        this.manager = manager;
        this.jpa = EntityManagerFlush.of(manager);
        this.outbox = outbox;
    }

    /** Refuses, in a dry run, a transaction that begins where nothing is suspended: in callbacks after the rollback. */
    @Override
    public void beforeBegin(TransactionExecution transaction) {
        if (isOutermost(transaction)) {
            DryRunGuard.refuse(OutboxTransaction.BESIDE);
        }
    }

    /** Follows a new transaction. Never throws: Spring would leave the transaction open. */
    @Override
    public void afterBegin(TransactionExecution transaction, @Nullable Throwable failure) {
        if (failure != null
                || !isOutermost(transaction)
                || !TransactionSynchronizationManager.isSynchronizationActive()) {
            return;
        }
        try {
            DataSource dataSource = resolveDataSource();
            if (dataSource != null) {
                OutboxTransaction.begin(transaction.isReadOnly(), dataSource, jpa);
            }
        } catch (RuntimeException e) {
            log.warn(
                    "A transaction could not be followed: publish will be refused in it. Check its transaction manager",
                    e);
        }
    }

    @Override
    public void beforeCommit(TransactionExecution transaction) {
        OutboxTransaction published = OutboxTransaction.current();
        // marked for rollback: the commit that follows will refuse, and the connection may take no more statements
        if (published == null
                || !published.isFlushedBy(jpa)
                || !isOutermost(transaction)
                || transaction.isRollbackOnly()) {
            return;
        }
        if (published.isEmpty()) {
            published.seal();
            return;
        }
        outbox.get().write(published);
        DryRunGuard.notePublished(published.size());
    }

    private @Nullable DataSource resolveDataSource() {
        Followed known = followed;
        if (known == null) {
            DataSource theirs = OutboxTransactionManagers.dataSourceOf(manager);
            known = new Followed(theirs != null && managers.isOurs(theirs) ? theirs : null);
            followed = known;
        }
        return known.dataSource();
    }

    private static boolean isOutermost(TransactionExecution transaction) {
        return transaction.isNewTransaction() && !transaction.isNested();
    }
}
