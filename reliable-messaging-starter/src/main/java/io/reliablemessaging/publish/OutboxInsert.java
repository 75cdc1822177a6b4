package io.reliablemessaging.publish;

import io.reliablemessaging.MessageNotPublishedException;
import io.reliablemessaging.delayed.DelayedTable;
import io.reliablemessaging.outbox.OutboxEntry;
import io.reliablemessaging.outbox.OutboxTable;
import io.reliablemessaging.schema.DatabaseAddress;
import io.reliablemessaging.wire.WireMessage;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;
import org.postgresql.core.BaseConnection;
import org.postgresql.core.TransactionState;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.UncategorizedSQLException;
import org.springframework.jdbc.datasource.DataSourceUtils;
import org.springframework.jdbc.support.SQLExceptionSubclassTranslator;
import org.springframework.jdbc.support.SQLExceptionTranslator;

/**
 * Inserts the messages that a transaction has published, as its last statements, on its own connection. The host's
 * query timeout does not limit them: the transaction is about to be committed. If an insert fails, Spring rolls the
 * transaction back.
 */
final class OutboxInsert {

    // the driver and the server hold each statement in memory, several times
    private static final long LARGEST_STATEMENT = 8L << 20;

    private static final SQLExceptionTranslator TRANSLATOR = new SQLExceptionSubclassTranslator();

    private final OutboxTable table;
    private final DelayedTable delayed;
    private final DatabaseAddress address;

    /**
     * Creates the insert.
     *
     * @param address address of the database that the relay reads
     */
    OutboxInsert(OutboxTable table, DelayedTable delayed, DatabaseAddress address) {
        this.table = table;
        this.delayed = delayed;
        this.address = address;
    }

    /** Stores some messages of a transaction in one statement. */
    private interface Statement {

        void store(Connection connection, List<OutboxEntry> some) throws SQLException;
    }

    /**
     * Inserts messages.
     *
     * @param dataSource where the connection of the transaction is bound
     * @throws MessageNotPublishedException if this transaction cannot store messages
     * @throws DataAccessException if storing them fails
     */
    void insert(DataSource dataSource, List<OutboxEntry> entries) {
        Connection connection = DataSourceUtils.getConnection(dataSource);
        try {
            requireOpen(connection, entries);
            List<OutboxEntry> now =
                    entries.stream().filter(entry -> entry.deliverAt() == null).toList();
            store(connection, now, (open, some) -> table.insert(open, messages(some)));
            if (now.size() < entries.size()) {
                List<OutboxEntry> later = entries.stream()
                        .filter(entry -> entry.deliverAt() != null)
                        .toList();
                store(connection, later, delayed::insert);
            }
        } catch (SQLException e) {
            DataAccessException translated = TRANSLATOR.translate(task(entries), null, e);
            throw translated == null ? new UncategorizedSQLException(task(entries), null, e) : translated;
        } finally {
            DataSourceUtils.releaseConnection(connection, dataSource);
        }
    }

    private void requireOpen(Connection connection, List<OutboxEntry> entries) throws SQLException {
        if (connection.getAutoCommit()) {
            throw refused(
                    entries,
                    "its connection is in auto-commit mode, so the messages would not be committed together with the business"
                            + " data. Do not switch auto-commit on in a transaction");
        }
        if (isAborted(connection)) {
            throw refused(
                    entries,
                    "a statement of this transaction has failed and its exception was caught, so PostgreSQL has aborted it"
                            + " and would answer the commit with a rollback. Do not catch the exception, or run the statement"
                            + " in a transaction of its own or under a savepoint (REQUIRES_NEW, NESTED)");
        }
        DatabaseAddress theirs = DatabaseAddress.of(connection);
        if (!theirs.isSame(address)) {
            throw refused(
                    entries,
                    "this transaction is on database %s, and the relay reads the outbox of %s. Publish in a transaction on"
                                    .formatted(theirs, address)
                            + " that one: a routing data source must route publishers and relay to the same database");
        }
    }

    // the driver knows it; if a pool hides the driver, the insert fails with a less clear message
    private static boolean isAborted(Connection connection) throws SQLException {
        return connection.isWrapperFor(BaseConnection.class)
                && connection.unwrap(BaseConnection.class).getTransactionState() == TransactionState.FAILED;
    }

    private static void store(Connection connection, List<OutboxEntry> entries, Statement statement)
            throws SQLException {
        List<OutboxEntry> some = new ArrayList<>();
        long bytes = 0;
        for (OutboxEntry entry : entries) {
            int size = entry.message().size();
            if (!some.isEmpty() && bytes + size > LARGEST_STATEMENT) {
                statement.store(connection, some);
                some = new ArrayList<>();
                bytes = 0;
            }
            some.add(entry);
            bytes += size;
        }
        if (!some.isEmpty()) {
            statement.store(connection, some);
        }
    }

    private static List<WireMessage> messages(List<OutboxEntry> entries) {
        return entries.stream().map(OutboxEntry::message).toList();
    }

    private static MessageNotPublishedException refused(List<OutboxEntry> entries, String why) {
        return new MessageNotPublishedException("The transaction is rolled back, with the %s that it has published: %s"
                .formatted(described(entries), why));
    }

    private static String task(List<OutboxEntry> entries) {
        return "Storing the %s that the transaction has published".formatted(described(entries));
    }

    // with sizes: too many bytes in memory may be the reason
    private static String described(List<OutboxEntry> entries) {
        long bytes = entries.stream().mapToLong(entry -> entry.message().size()).sum();
        return entries.size() == 1
                ? "message (%d bytes)".formatted(bytes)
                : "%d messages (%d bytes in all)".formatted(entries.size(), bytes);
    }
}
