package io.reliablemessaging.publish;

import io.reliablemessaging.dryrun.DryRunGuard;
import io.reliablemessaging.outbox.OutboxEntry;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.core.Ordered;
import org.springframework.jdbc.datasource.ConnectionHolder;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * Collects the messages that one transaction has published so far. It is bound to the thread from the transaction's
 * begin to its end, unbound while the transaction is suspended, and trimmed when a savepoint is rolled back. It
 * allocates nothing until a message is published.
 */
final class OutboxTransaction implements TransactionSynchronization, Ordered {

    /** Says why a dry run refuses another transaction. */
    static final String BESIDE =
            "The handler was about to leave its transaction (REQUIRES_NEW, NOT_SUPPORTED, a transaction of another manager, or a command of"
                    + " this library): what it did there would not be rolled back with the dry run. Nothing was done there. To try the"
                    + " message, redrive it";

    private static final Object KEY = new Object();

    private final boolean readOnly;
    private final DataSource dataSource;
    private final EntityManagerFlush jpa;
    private @Nullable List<OutboxEntry> messages;
    private @Nullable Map<Object, Integer> savepoints;
    private @Nullable Consumer<List<OutboxEntry>> whenCommitted;
    private boolean sealed;

    private OutboxTransaction(boolean readOnly, DataSource dataSource, EntityManagerFlush jpa) {
        this.readOnly = readOnly;
        this.dataSource = dataSource;
        this.jpa = jpa;
    }

    /**
     * Starts to follow the transaction that has just begun on this thread.
     *
     * @param dataSource where its manager has bound its connection
     * @param jpa flushes the pending changes of JPA in it
     */
    static void begin(boolean readOnly, DataSource dataSource, EntityManagerFlush jpa) {
        OutboxTransaction transaction = new OutboxTransaction(readOnly, dataSource, jpa);
        transaction.resume();
        TransactionSynchronizationManager.registerSynchronization(transaction);
    }

    /** Returns the innermost transaction of this thread if it is on our data source; otherwise null. */
    static @Nullable OutboxTransaction current() {
        return (OutboxTransaction) TransactionSynchronizationManager.getResource(KEY);
    }

    void append(OutboxEntry entry) {
        if (messages == null) {
            messages = new ArrayList<>();
        }
        messages.add(entry);
    }

    /** Returns whether its manager has this flush. */
    boolean isFlushedBy(EntityManagerFlush flush) {
        return jpa == flush;
    }

    boolean isReadOnly() {
        return readOnly;
    }

    /** Returns whether the rows have been written, so that another message would be too late. */
    boolean isSealed() {
        return sealed;
    }

    boolean isEmpty() {
        return messages == null || messages.isEmpty();
    }

    /** Flushes JPA until no more messages are published: entity listeners may publish during a flush. */
    void flushJpa() {
        int before;
        do {
            before = size();
            jpa.flush();
        } while (size() > before);
    }

    int size() {
        return messages == null ? 0 : messages.size();
    }

    /** Ends publishing for a transaction that has published nothing. */
    void seal() {
        sealed = true;
    }

    /**
     * Ends publishing and returns the published messages.
     *
     * @param afterCommit receives the messages after the commit
     */
    List<OutboxEntry> seal(Consumer<List<OutboxEntry>> afterCommit) {
        sealed = true;
        whenCommitted = afterCommit;
        return messages == null ? List.of() : messages;
    }

    /** Returns the data source under which its manager has bound the connection. */
    DataSource dataSource() {
        return dataSource;
    }

    /** Returns whether its manager has bound its connection; another connection would be in no transaction. */
    boolean isConnected() {
        return TransactionSynchronizationManager.getResource(dataSource) instanceof ConnectionHolder;
    }

    @Override
    public void savepoint(Object savepoint) {
        if (savepoints == null) {
            savepoints = new HashMap<>();
        }
        savepoints.put(savepoint, size());
    }

    @Override
    public void savepointRollback(Object savepoint) {
        if (messages == null) {
            return;
        }
        // a savepoint that was not reported is older than all messages here
        int remaining = savepoints == null ? 0 : savepoints.getOrDefault(savepoint, 0);
        messages.subList(Math.min(remaining, messages.size()), messages.size()).clear();
    }

    /**
     * Leaves the thread to another transaction, or to none. In a dry run it refuses, before anything is suspended: it is the first
     * synchronization.
     */
    @Override
    public void suspend() {
        DryRunGuard.refuse(BESIDE);
        TransactionSynchronizationManager.unbindResource(KEY);
    }

    @Override
    public void resume() {
        TransactionSynchronizationManager.bindResource(KEY, this);
    }

    @Override
    public int getOrder() {
        return HIGHEST_PRECEDENCE; // wakes the relay before the host's own after-commit work
    }

    @Override
    public void afterCommit() {
        if (whenCommitted != null && messages != null && !messages.isEmpty()) {
            whenCommitted.accept(messages);
        }
    }

    @Override
    public void afterCompletion(int status) {
        TransactionSynchronizationManager.unbindResource(KEY);
    }
}
