package io.reliablemessaging.outbox;

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
 * The messages that one transaction has published so far. Bound to the thread from the transaction's begin to its end,
 * out of sight while it is suspended, and trimmed when a savepoint is rolled back. As long as nothing is published it
 * holds nothing.
 */
final class OutboxTransaction implements TransactionSynchronization, Ordered {

    private static final Object KEY = new Object();

    private final boolean readOnly;
    private final DataSource dataSource;
    private final EntityManagerFlush jpa;
    private @Nullable List<OutboxEntry> messages;
    private @Nullable Map<Object, Integer> savepoints;
    private @Nullable Consumer<List<OutboxEntry>> committed;
    private boolean sealed;

    private OutboxTransaction(boolean readOnly, DataSource dataSource, EntityManagerFlush jpa) {
        this.readOnly = readOnly;
        this.dataSource = dataSource;
        this.jpa = jpa;
    }

    /**
     * Follows the transaction that has just begun on this thread.
     *
     * @param dataSource where its manager has bound its connection
     * @param jpa flushes what JPA holds back in it
     */
    static void begin(boolean readOnly, DataSource dataSource, EntityManagerFlush jpa) {
        OutboxTransaction transaction = new OutboxTransaction(readOnly, dataSource, jpa);
        transaction.resume();
        TransactionSynchronizationManager.registerSynchronization(transaction);
    }

    /** The innermost transaction of this thread, if it is one on our data source. */
    static @Nullable OutboxTransaction current() {
        return (OutboxTransaction) TransactionSynchronizationManager.getResource(KEY);
    }

    void append(OutboxEntry entry) {
        if (messages == null) {
            messages = new ArrayList<>();
        }
        messages.add(entry);
    }

    /** Whether it is followed for the manager that has this flush. */
    boolean isOf(EntityManagerFlush flush) {
        return jpa == flush;
    }

    boolean isReadOnly() {
        return readOnly;
    }

    /** Whether the rows have been written, so that a further message would come too late. */
    boolean isSealed() {
        return sealed;
    }

    boolean isEmpty() {
        return messages == null || messages.isEmpty();
    }

    /** Flushes JPA until nothing more is published: it may call entity listeners, and they may publish. */
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

    /** Ends publishing; nothing was published. */
    void seal() {
        sealed = true;
    }

    /**
     * Ends publishing and hands out what was published.
     *
     * @param whenCommitted is given the messages once they are committed
     */
    List<OutboxEntry> seal(Consumer<List<OutboxEntry>> whenCommitted) {
        sealed = true;
        committed = whenCommitted;
        return messages == null ? List.of() : messages;
    }

    /** Where its manager has bound its connection. */
    DataSource dataSource() {
        return dataSource;
    }

    /** Whether its manager shows its connection: another one would be in no transaction. */
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
        // a savepoint we were not told of is older than all we hold
        int kept = savepoints == null ? 0 : savepoints.getOrDefault(savepoint, 0);
        messages.subList(Math.min(kept, messages.size()), messages.size()).clear();
    }

    @Override
    public void suspend() {
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
        if (committed != null && messages != null && !messages.isEmpty()) {
            committed.accept(messages);
        }
    }

    @Override
    public void afterCompletion(int status) {
        TransactionSynchronizationManager.unbindResource(KEY);
    }
}
