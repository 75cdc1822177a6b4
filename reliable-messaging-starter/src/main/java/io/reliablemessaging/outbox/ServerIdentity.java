package io.reliablemessaging.outbox;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.jspecify.annotations.Nullable;

/**
 * Identifies a PostgreSQL server. Row ids are unique within one server only: a standby that is promoted before it has
 * received everything gives ids out a second time.
 *
 * @param startedAt start time that the server reports; every role may read it
 * @param history system identifier and timeline of its WAL; null if the role may not read them
 */
public record ServerIdentity(String startedAt, @Nullable String history) {

    /** Expression for {@link #startedAt}. It costs nothing, so every statement can select it. */
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
     * Reads the identity of the server behind this connection.
     *
     * @throws SQLException also if it is a standby, which takes no writes
     */
    static ServerIdentity read(Connection connection) throws SQLException {
        String startedAt;
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(STATE)) {
            row.next();
            if (row.getBoolean(1)) {
                throw new SQLException(
                        "The connection of the relay leads to a server in recovery: a standby, which takes no writes",
                        READ_ONLY);
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

    // not allowed, not there, or not supported; any other failure is one of the server or the connection
    private static boolean isRefusal(SQLException e) {
        String state = e.getSQLState();
        return state != null && (state.startsWith("42") || state.startsWith("0A"));
    }

    /**
     * Returns whether both are the same server, on the same timeline, restarted or not. If the history is unknown, a
     * restarted server counts as another one.
     */
    public boolean isSameAs(ServerIdentity other) {
        if (history == null || other.history == null) {
            return startedAt.equals(other.startedAt);
        }
        return history.equals(other.history);
    }

    /** Returns whether both are the same server, not restarted in between. */
    public boolean isSameRunAs(ServerIdentity other) {
        return equals(other);
    }
}
