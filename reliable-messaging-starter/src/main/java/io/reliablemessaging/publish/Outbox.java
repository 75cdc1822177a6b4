package io.reliablemessaging.publish;

import io.reliablemessaging.MessageNotPublishedException;
import io.reliablemessaging.MessagingObserver;
import io.reliablemessaging.outbox.OutboxEntry;
import io.reliablemessaging.wire.WireMessage;
import java.time.Instant;
import java.util.List;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.datasource.ConnectionHolder;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * Adds messages to the current transaction:
 *
 * <ol>
 *   <li>{@link #append} collects them in memory, in order;
 *   <li>as the last thing before the commit, {@link #write} flushes JPA and inserts them all;
 *   <li>the commit makes business data and messages durable together; a crash before it leaves neither;
 *   <li>after the commit, the owners of the lanes are notified, here or in other instances; a crash here only delays
 *       the message until the owner's next poll.
 * </ol>
 *
 * <p>Because the rows are inserted last, their ids follow the order of the business locks: the transaction that held a
 * lock first has committed before the next one draws its ids.
 */
public final class Outbox {

    private static final String NO_TRANSACTION =
            "there is no transaction that could store it. Call publish from a @Transactional method or a"
                    + " TransactionTemplate";
    private static final String TOO_LATE =
            "the transaction is already being completed. Publish before the commit, or in a new transaction"
                    + " (REQUIRES_NEW). JPA's entity listeners may be called by the commit itself, which is too late where"
                    + " nothing was published before: flush in the transaction, or publish outside of them";
    private static final String OTHER_DATA_SOURCE =
            "the innermost transaction is not on the data source that holds the outbox. Publish in a transaction of the"
                    + " JPA or JDBC transaction manager of that data source, or set reliable-messaging.data-source to the"
                    + " one that your transactions are on";
    private static final String NOT_FOLLOWED =
            "the starter does not follow the innermost transaction: it is not on the data source that holds the outbox, or its"
                    + " transaction manager is not known. Make that manager a bean of the application, a"
                    + " JpaTransactionManager or JdbcTransactionManager with its synchronization switched on. If following it"
                    + " has failed, a WARN line in the log says why";

    private final OutboxInsert insert;
    private final OutboxTransactionManagers managers;
    private final CommitAnnouncer commitAnnouncer;
    private final MessagingObserver observer;

    Outbox(
            OutboxInsert insert,
            OutboxTransactionManagers managers,
            CommitAnnouncer commitAnnouncer,
            MessagingObserver observer) {
        this.insert = insert;
        this.managers = managers;
        this.commitAnnouncer = commitAnnouncer;
        this.observer = observer;
    }

    /**
     * Adds a message to the transaction of this thread.
     *
     * @throws MessageNotPublishedException if there is no transaction that can still store the message
     */
    public void append(WireMessage message) {
        append(message, null);
    }

    void append(WireMessage message, @Nullable Instant deliverAt) {
        requireTransaction(message).append(new OutboxEntry(message, deliverAt));
    }

    /** Inserts the messages that a transaction of this thread has published. Called when only the commit can follow. */
    void write(OutboxTransaction transaction) {
        if (!transaction.isSealed()) {
            transaction.flushJpa();
            insert.insert(transaction.dataSource(), transaction.seal(this::announceCommitted));
        }
    }

    private void announceCommitted(List<OutboxEntry> entries) {
        commitAnnouncer.announce(entries);
        entries.forEach(entry ->
                observer.published(entry.message().id(), entry.message().topic()));
    }

    private OutboxTransaction requireTransaction(WireMessage message) {
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
        if (!transaction.isConnected()) {
            throw refused(
                    message,
                    "the transaction manager does not show its JDBC connection, so nothing could be stored in its transaction."
                            + " Give it a data source and a JpaDialect that shows it, as Spring Boot does");
        }
        return transaction;
    }

    private String whyThereIsNone() {
        boolean synchronizing = TransactionSynchronizationManager.isSynchronizationActive();
        if (!TransactionSynchronizationManager.isActualTransactionActive()) {
            return !synchronizing && hasOurConnection() ? NOT_FOLLOWED : NO_TRANSACTION;
        }
        if (!synchronizing) {
            return TOO_LATE; // in afterCompletion
        }
        return hasOurConnection() ? NOT_FOLLOWED : OTHER_DATA_SOURCE;
    }

    private boolean hasOurConnection() {
        return TransactionSynchronizationManager.getResourceMap().entrySet().stream()
                .anyMatch(bound -> bound.getKey() instanceof DataSource source
                        && bound.getValue() instanceof ConnectionHolder
                        && managers.isOurs(source));
    }

    private static MessageNotPublishedException refused(WireMessage message, String why) {
        return new MessageNotPublishedException(
                "Message to topic %s was not published: %s".formatted(message.topic(), why));
    }
}
