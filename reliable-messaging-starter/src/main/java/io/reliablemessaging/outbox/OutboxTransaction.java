package io.reliablemessaging.outbox;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.springframework.core.Ordered;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * The messages that one transaction has published so far. Bound to the thread from the transaction's begin to its end,
 * out of sight while it is suspended, and trimmed when a savepoint is rolled back.
 */
final class OutboxTransaction implements TransactionSynchronization, Ordered {

    private static final Object KEY = new Object();

    private final boolean readOnly;
    private final Consumer<List<OutboxEntry>> committed;
    private final List<OutboxEntry> messages = new ArrayList<>();
    private final Map<Object, Integer> savepoints = new HashMap<>();
    private boolean sealed;

    private OutboxTransaction(boolean readOnly, Consumer<List<OutboxEntry>> committed) {
        this.readOnly = readOnly;
        this.committed = committed;
    }

    /**
     * Follows the transaction that has just begun on this thread.
     *
     * @param committed is given the messages once they are committed
     */
    static void begin(boolean readOnly, Consumer<List<OutboxEntry>> committed) {
        OutboxTransaction transaction = new OutboxTransaction(readOnly, committed);
        transaction.resume();
        TransactionSynchronizationManager.registerSynchronization(transaction);
    }

    /** The innermost transaction of this thread, if it is one on our data source. */
    static @Nullable OutboxTransaction current() {
        return (OutboxTransaction) TransactionSynchronizationManager.getResource(KEY);
    }

    void append(OutboxEntry entry) {
        messages.add(entry);
    }

    boolean isReadOnly() {
        return readOnly;
    }

    /** Whether the rows have been written, so that a further message would come too late. */
    boolean isSealed() {
        return sealed;
    }

    int size() {
        return messages.size();
    }

    /** Ends publishing and hands out what was published. */
    List<OutboxEntry> seal() {
        sealed = true;
        return messages;
    }

    @Override
    public void savepoint(Object savepoint) {
        savepoints.put(savepoint, messages.size());
    }

    @Override
    public void savepointRollback(Object savepoint) {
        // a savepoint we were not told of is older than all we hold
        int kept = savepoints.getOrDefault(savepoint, 0);
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
        if (!messages.isEmpty()) {
            committed.accept(messages);
        }
    }

    @Override
    public void afterCompletion(int status) {
        TransactionSynchronizationManager.unbindResource(KEY);
    }
}
