package io.reliablemessaging.transaction;

import io.reliablemessaging.text.ReadableLogger;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.postgresql.core.BaseConnection;
import org.slf4j.Logger;
import org.springframework.jdbc.UncategorizedSQLException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DataSourceUtils;

/**
 * Watches the connections of transactions in which messages are handled. A watched connection breaks if the database does
 * not answer in time, instead of waiting for ever on a link that died silently; and it tells whether the transaction
 * that began on it can still be committed. PostgreSQL itself does not say: it answers COMMIT with ROLLBACK after a
 * failed statement, and with a warning if the transaction is over already, and the driver reports neither.
 */
public final class TransactionConnections {

    private static final Logger log = ReadableLogger.of(TransactionConnections.class);
    // longer than the limit that the server enforces: the server's error says more than ours
    private static final Duration MARGIN = Duration.ofSeconds(10);
    private static final String IN_FAILED_TRANSACTION = "25P02";

    private final DataSource dataSource;
    private final JdbcTemplate jdbc;

    /** The state of a transaction, as far as its connection knows. */
    public enum State {
        /** It can be committed. */
        OPEN,
        /** A statement has failed: PostgreSQL accepts only a rollback. */
        ABORTED,
        /** The handler has committed it, rolled it back, or returned its connection. */
        OVER
    }

    /** Watches connections of this data source. */
    public TransactionConnections(DataSource dataSource) {
        this.dataSource = dataSource;
        this.jdbc = new JdbcTemplate(dataSource);
    }

    /**
     * Watches the transaction of this thread, which has just begun, and sets its isolation. The transaction manager must not set
     * it: it would query the server before the connection is watched, and again after it is released.
     *
     * @param limit how long the transaction may last
     * @param isolation a constant of {@link Connection}, or negative to leave it as it is
     */
    public Watched watch(Duration limit, int isolation) {
        Connection connection = DataSourceUtils.getConnection(dataSource);
        try {
            Watched watched = new Watched(connection, physical(connection));
            watched.limit(limit.plus(MARGIN));
            if (isolation >= 0) {
                isolate(isolation); // before any query
            }
            if (watched.physical == null) {
                watched.mark();
            }
            return watched;
        } finally {
            DataSourceUtils.releaseConnection(connection, dataSource);
        }
    }

    /**
     * Checks deferred constraints of the current transaction now, as its commit would.
     *
     * @throws org.springframework.dao.DataAccessException if one is violated
     */
    void checkDeferredConstraints() {
        jdbc.execute("set constraints all immediate");
    }

    private void isolate(int level) {
        String name = switch (level) {
            case Connection.TRANSACTION_SERIALIZABLE -> "serializable";
            case Connection.TRANSACTION_REPEATABLE_READ -> "repeatable read";
            default -> "read committed"; // PostgreSQL treats read uncommitted the same
        };
        jdbc.execute("set transaction isolation level " + name);
    }

    private static @Nullable BaseConnection physical(Connection connection) {
        try {
            return connection.unwrap(BaseConnection.class);
        } catch (SQLException e) {
            return null; // a wrapper hides the driver: the server is asked instead
        }
    }

    /** The connection of one transaction. */
    public final class Watched {

        private final Connection connection;
        private final @Nullable BaseConnection physical;
        private final String mark = Long.toString(ThreadLocalRandom.current().nextLong());
        private int hosts = -1;

        private Watched(Connection connection, @Nullable BaseConnection physical) {
            this.connection = connection;
            this.physical = physical;
        }

        /**
         * Returns the state of the transaction. The driver knows it without a round trip; where it is hidden, the server is asked.
         * At least one statement must have run in the transaction.
         */
        public State state() {
            try {
                if (connection.isClosed()) {
                    return State.OVER;
                }
                return physical == null ? marked() : known(physical);
            } catch (SQLException e) {
                throw new UncategorizedSQLException("ask for the state of a transaction", null, e);
            }
        }

        /** Tells whether the connection is lost, as far as the driver is visible. */
        public boolean isBroken() {
            return physical != null && isClosed(physical);
        }

        /** Tells whether the connection is closed while the driver is hidden: it is lost, or the handler has closed it. */
        public boolean mayBeBroken() {
            return physical == null && isClosed(connection);
        }

        private static boolean isClosed(Connection connection) {
            try {
                return connection.isClosed();
            } catch (SQLException e) {
                return true;
            }
        }

        /** Restores the network timeout of the connection: others use it next, and not every pool restores it. */
        public void release() {
            if (hosts >= 0) {
                setNetworkTimeout(hosts);
            }
        }

        // set in the driver only, without a round trip; never longer than the host's setting
        private void limit(Duration within) {
            int millis = (int) Math.min(Integer.MAX_VALUE, within.toMillis());
            try {
                int before = connection.getNetworkTimeout();
                if (before == 0 || before > millis) {
                    setNetworkTimeout(millis);
                    hosts = before;
                }
            } catch (SQLException e) {
                log.debug("The network timeout of a connection is not known, so it is not changed", e);
            }
        }

        private void setNetworkTimeout(int millis) {
            try {
                if (!connection.isClosed()) {
                    connection.setNetworkTimeout(Runnable::run, millis);
                }
            } catch (SQLException e) {
                log.debug("The network timeout of a connection could not be set to {} ms", millis, e);
            }
        }

        // a setting of this transaction alone: it disappears with the transaction, whoever ends it
        private void mark() {
            jdbc.query("select pg_catalog.set_config('reliable_messaging.mark', ?::text, true)", row -> {}, mark);
        }

        private State marked() throws SQLException {
            try (var statement = connection.createStatement();
                    var rows = statement.executeQuery(
                            "select pg_catalog.current_setting('reliable_messaging.mark', true)")) {
                return rows.next() && mark.equals(rows.getString(1)) ? State.OPEN : State.OVER;
            } catch (SQLException e) {
                if (IN_FAILED_TRANSACTION.equals(e.getSQLState())) {
                    return State.ABORTED;
                }
                throw e;
            }
        }

        private static State known(BaseConnection physical) {
            return switch (physical.getTransactionState()) {
                case OPEN -> State.OPEN;
                case FAILED -> State.ABORTED;
                case IDLE -> State.OVER;
            };
        }
    }
}
