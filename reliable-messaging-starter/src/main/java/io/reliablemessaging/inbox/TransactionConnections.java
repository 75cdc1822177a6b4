package io.reliablemessaging.inbox;

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
 * Watches the connections of transactions in which messages are handled. A watched connection breaks when the database does
 * not answer in time, instead of waiting for ever on a link that has died in silence; and it tells whether the transaction
 * that began on it can still be committed. PostgreSQL itself would not say: it answers COMMIT with ROLLBACK where a
 * statement has failed, and with a warning where the transaction is over, and the driver reports neither.
 */
public final class TransactionConnections {

    private static final Logger log = ReadableLogger.of(TransactionConnections.class);
    // above the limit that the server keeps: its answer says more than ours
    private static final Duration MARGIN = Duration.ofSeconds(10);
    private static final String IN_FAILED_TRANSACTION = "25P02";

    private final DataSource dataSource;
    private final JdbcTemplate jdbc;

    /** How a transaction stands, as far as its connection knows. */
    public enum State {
        /** It can be committed. */
        OPEN,
        /** A statement has failed: PostgreSQL takes no other than the rollback. */
        ABORTED,
        /** Somebody has committed it, rolled it back, or given its connection away. */
        OVER
    }

    /** Watches connections of that data source. */
    public TransactionConnections(DataSource dataSource) {
        this.dataSource = dataSource;
        this.jdbc = new JdbcTemplate(dataSource);
    }

    /**
     * Watches the transaction of this thread, which has just begun, and sets its isolation. That is not left to the
     * transaction manager: it would ask the server before the connection is watched, and once more after it is not.
     *
     * @param limit how long the transaction may last
     * @param isolation as in {@link Connection}, or negative to leave it as it is
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

    private void isolate(int level) {
        String name = switch (level) {
            case Connection.TRANSACTION_SERIALIZABLE -> "serializable";
            case Connection.TRANSACTION_REPEATABLE_READ -> "repeatable read";
            default -> "read committed"; // which is what read uncommitted means to PostgreSQL
        };
        jdbc.execute("set transaction isolation level " + name);
    }

    private static @Nullable BaseConnection physical(Connection connection) {
        try {
            return connection.unwrap(BaseConnection.class);
        } catch (SQLException e) {
            return null; // what wraps the driver does not show it: the server is asked instead
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
         * Tells how the transaction stands. The driver knows, without a round trip; where it is hidden, the server is asked.
         * At least one statement must have run in it.
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

        /** Tells whether the connection is lost, as far as the driver can be seen. */
        public boolean isBroken() {
            return physical != null && isClosed(physical);
        }

        /** Tells whether the connection is closed and the driver hidden: it is lost, or somebody has closed it by hand. */
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

        /** Gives the connection its own network time-out back: others use it next, and not every pool does it. */
        public void release() {
            if (hosts >= 0) {
                setNetworkTimeout(hosts);
            }
        }

        // local in the driver; never longer than what the host has set
        private void limit(Duration within) {
            int millis = (int) Math.min(Integer.MAX_VALUE, within.toMillis());
            try {
                int before = connection.getNetworkTimeout();
                if (before == 0 || before > millis) {
                    setNetworkTimeout(millis);
                    hosts = before;
                }
            } catch (SQLException e) {
                log.debug("The network time-out of a connection is not known, so it is left alone", e);
            }
        }

        private void setNetworkTimeout(int millis) {
            try {
                if (!connection.isClosed()) {
                    connection.setNetworkTimeout(Runnable::run, millis);
                }
            } catch (SQLException e) {
                log.debug("The network time-out of a connection could not be set to {} ms", millis, e);
            }
        }

        // a setting of this transaction alone: it is gone with it, whoever ends it
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
