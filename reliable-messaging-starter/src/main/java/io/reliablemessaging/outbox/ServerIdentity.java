package io.reliablemessaging.outbox;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.jspecify.annotations.Nullable;

/**
 * Tells one PostgreSQL server from another. Row ids are unique within one server only: a standby that is promoted before it has
 * received everything gives ids out a second time.
 *
 * @param startedAt when the server was started, as it says itself; every role may ask
 * @param history system identifier and timeline of what it writes; null if the role may not ask for them
 */
public record ServerIdentity(String startedAt, @Nullable String history) {

    /** Expression for {@link #startedAt}. It costs nothing, so that every reading can ask for it. */
    static final String STARTED_AT = "extract(epoch from pg_catalog.pg_postmaster_start_time())::text";

    private static final String STATE = "select pg_catalog.pg_is_in_recovery(), " + STARTED_AT;

    // The timeline comes from the log that is being written: after a promotion, the control file shows the old one
    // until the first checkpoint.
    private static final String HISTORY = """
            select system_identifier::text, pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()) from pg_catalog.pg_control_system()
            """;
    private static final int TIMELINE_DIGITS = 8;

    private static final String READ_ONLY = "25006";

    /**
     * Asks the server behind this connection.
     *
     * @throws SQLException also if it is a standby, which takes no writes
     */
    static ServerIdentity ask(Connection connection) throws SQLException {
        String startedAt;
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(STATE)) {
            row.next();
            if (row.getBoolean(1)) {
                throw new SQLException("this server is in recovery: it is a standby and takes no writes", READ_ONLY);
            }
            startedAt = row.getString(2);
        }
        return new ServerIdentity(startedAt, history(connection));
    }

    private static @Nullable String history(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(HISTORY)) {
            row.next();
            String timeline = row.getString(2).substring(0, TIMELINE_DIGITS);
            return "system %s, timeline %d".formatted(row.getString(1), Long.parseLong(timeline, 16));
        } catch (SQLException e) {
            if (isRefusal(e)) {
                return null;
            }
            throw e;
        }
    }

    // not allowed, not there, or not supported; everything else is trouble with the server or the connection
    private static boolean isRefusal(SQLException e) {
        String state = e.getSQLState();
        return state != null && (state.startsWith("42") || state.startsWith("0A"));
    }

    /**
     * Whether both are one server, on one timeline. A server that was restarted is still the same; where history is not known, it
     * counts as another one.
     */
    public boolean isSameAs(ServerIdentity other) {
        if (history == null || other.history == null) {
            return startedAt.equals(other.startedAt);
        }
        return history.equals(other.history);
    }

    /** Whether it is one server that was not restarted in between. */
    public boolean isSameRunAs(ServerIdentity other) {
        return equals(other);
    }
}
