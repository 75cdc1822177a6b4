package io.reliablemessaging.outbox;

import io.reliablemessaging.MessagingObserver;
import io.reliablemessaging.wire.WireMessage;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
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
    private final Lanes lanes;
    private final OutboxSignal signal;
    private final Consumer<Set<Integer>> elsewhere;
    private final EntityManagerFlush jpa;
    private final MessagingObserver observer;

    /**
     * Makes the outbox.
     *
     * @param elsewhere told of lanes with committed messages that other instances send
     */
    Outbox(
            OutboxTable table,
            Lanes lanes,
            OutboxSignal signal,
            Consumer<Set<Integer>> elsewhere,
            EntityManagerFlush jpa,
            MessagingObserver observer) {
        this.table = table;
        this.lanes = lanes;
        this.signal = signal;
        this.elsewhere = elsewhere;
        this.jpa = jpa;
        this.observer = observer;
    }

    /**
     * Adds a message to the transaction of this thread.
     *
     * @throws IllegalTransactionStateException if there is none that could still store it
     */
    public void append(WireMessage message) {
        requireTransaction(message).append(message);
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
        List<WireMessage> messages = transaction.seal();
        if (!messages.isEmpty()) {
            table.insert(messages);
        }
    }

    private void flushUntilNothingIsAdded(OutboxTransaction transaction) {
        int before;
        do {
            before = transaction.size();
            jpa.flush(); // may call entity listeners, and they may publish
        } while (transaction.size() > before);
    }

    private void committed(List<WireMessage> messages) {
        Set<Integer> filled = messages.stream().map(lanes::laneOf).collect(Collectors.toSet());
        elsewhere.accept(signal.committed(filled));
        messages.forEach(message -> observer.published(message.id(), message.topic()));
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
