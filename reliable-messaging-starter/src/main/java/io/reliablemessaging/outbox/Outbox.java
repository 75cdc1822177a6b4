package io.reliablemessaging.outbox;

import io.reliablemessaging.MessagingObserver;
import io.reliablemessaging.wire.WireMessage;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.transaction.IllegalTransactionStateException;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * Takes messages into the current transaction:
 *
 * <ol>
 *   <li>{@link #append} keeps them in memory, in order;
 *   <li>as the last thing before the commit, {@link #write} flushes JPA and inserts them all;
 *   <li>the commit makes business data and messages durable together; a crash before it leaves neither;
 *   <li>after it the owners of the lanes are told, here or in other instances; a crash here only delays the
 *       message until their next look.
 * </ol>
 *
 * <p>Inserting last is what makes row ids follow the order of the business locks: whoever held the lock first has
 * committed before the next one draws its id.
 */
public final class Outbox {

    private static final String TOO_LATE =
            "the transaction is already being completed. Publish before the commit, or in"
                    + " a new transaction (REQUIRES_NEW)";

    private final OutboxTable table;
    private final DelayedMessages delayed;
    private final Announcer announcer;
    private final EntityManagerFlush jpa;
    private final MessagingObserver observer;

    Outbox(
            OutboxTable table,
            DelayedMessages delayed,
            Announcer announcer,
            EntityManagerFlush jpa,
            MessagingObserver observer) {
        this.table = table;
        this.delayed = delayed;
        this.announcer = announcer;
        this.jpa = jpa;
        this.observer = observer;
    }

    /**
     * Adds a message to the transaction of this thread.
     *
     * @throws IllegalTransactionStateException if there is none that could still store it
     */
    public void append(WireMessage message) {
        append(message, null);
    }

    void append(WireMessage message, @Nullable Instant deliverAt) {
        requireTransaction(message).append(new OutboxEntry(message, deliverAt));
    }

    void begin(boolean readOnly) {
        OutboxTransaction.begin(readOnly, this::committed);
    }

    /** Writes what the transaction of this thread has published; called when nothing can follow but the commit. */
    void write() {
        OutboxTransaction transaction = OutboxTransaction.current();
        if (transaction == null || transaction.isSealed() || transaction.isReadOnly()) {
            return;
        }
        flushUntilNothingIsAdded(transaction);
        List<OutboxEntry> entries = transaction.seal();
        List<WireMessage> now = entries.stream()
                .filter(entry -> entry.deliverAt() == null)
                .map(OutboxEntry::message)
                .toList();
        if (!now.isEmpty()) {
            table.insert(now);
        }
        if (now.size() < entries.size()) {
            delayed.insert(
                    entries.stream().filter(entry -> entry.deliverAt() != null).toList());
        }
    }

    private void flushUntilNothingIsAdded(OutboxTransaction transaction) {
        int before;
        do {
            before = transaction.size();
            jpa.flush(); // may call entity listeners, and they may publish
        } while (transaction.size() > before);
    }

    private void committed(List<OutboxEntry> entries) {
        announcer.committed(entries);
        entries.forEach(entry ->
                observer.published(entry.message().id(), entry.message().topic()));
    }

    private static OutboxTransaction requireTransaction(WireMessage message) {
        OutboxTransaction transaction = OutboxTransaction.current();
        if (transaction == null) {
            throw refused(message, whyThereIsNone());
        }
        if (transaction.isSealed()) {
            throw refused(message, TOO_LATE);
        }
        if (transaction.isReadOnly()) {
            throw refused(message, "the transaction is read-only. Publish in one without readOnly = true");
        }
        return transaction;
    }

    private static String whyThereIsNone() {
        if (!TransactionSynchronizationManager.isActualTransactionActive()) {
            return "there is no transaction, so nothing could make it durable. Call publish from a @Transactional method"
                    + " or a TransactionTemplate";
        }
        if (!TransactionSynchronizationManager.isSynchronizationActive()) {
            return TOO_LATE; // in afterCompletion
        }
        return "the innermost transaction is not on the data source that holds the outbox. Publish in a transaction of"
                + " the JPA or JDBC transaction manager of that data source";
    }

    private static IllegalTransactionStateException refused(WireMessage message, String why) {
        return new IllegalTransactionStateException(
                "Message to topic %s was not published: %s".formatted(message.topic(), why));
    }
}
