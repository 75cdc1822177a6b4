package io.reliablemessaging.outbox;

import io.reliablemessaging.schema.Schema;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.sql.DataSource;
import org.springframework.dao.DataAccessException;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.dao.QueryTimeoutException;

/**
 * Reads the heads of lanes, on one connection and from one server. When the connection breaks or reaches another
 * server, open a new reader.
 */
public final class OutboxReader implements AutoCloseable {

    // Runs before a statement in the same request, and so in its transaction. The table is empty when a plan is made
    // and full when it is used, so no statistics can be right; the one good plan is by the primary key.
    static final String BY_PRIMARY_KEY = """
            select pg_catalog.set_config('enable_seqscan', 'off', true), pg_catalog.set_config('enable_bitmapscan', 'off', true),
                   pg_catalog.set_config('jit', 'off', true)""";

    // Reads each lane's head in id order, and always from the mark: a transaction that commits late has a lower id than
    // rows that were sent long ago. To bound the memory costs one test for each row here; a running sum would cost a
    // third more.
    private static final String HEADS =
            BY_PRIMARY_KEY + ", " + ServerIdentity.STARTED_AT + ", " + IdSequence.STATE + """
            , pg_catalog.set_config('statement_timeout', ?::text, true);
            select m.lane, m.id, m.message_id, m.topic, m.partition, m.key,
                   case when pg_catalog.octet_length(m.value) > ?::int then ?::bytea else m.value end, m.headers,
                   -- not of the difference: before PostgreSQL 17 there is none from infinity
                   pg_catalog.date_part('epoch', pg_catalog.statement_timestamp()) - pg_catalog.date_part('epoch', m.created_at),
                   m.place
              from unnest(?::int[], ?::int[], ?::bigint[], ?::bigint[]) as owned (lane, quota, floor, ceiling)
             cross join lateral (
                   select o.ctid as place, o.* from reliable_messaging.outbox_message o
                    where o.lane = owned.lane and o.id > owned.floor and o.id <= owned.ceiling
                      and o.id not in (select pg_catalog.unnest(?::bigint[]))
                      and o.topic <> all (?::text[])
                    order by o.id
                    limit owned.quota) m
            """;

    // An INSERT locks the table before it draws its id. So every transaction that may still commit an id drawn by now
    // holds such a lock; transaction ids and snapshots do not show it yet. The last id is read before the locks, since
    // statements of a request run one after the other.
    private static final String WRITERS = "select " + IdSequence.STATE + """
            ;
            select virtualtransaction from pg_catalog.pg_locks
             where locktype = 'relation' and mode = 'RowExclusiveLock'
               and relation = 'reliable_messaging.outbox_message'::regclass::oid
               and database = (select oid from pg_catalog.pg_database where datname = pg_catalog.current_database())
            """;

    private static final String LOCKED = """
            select exists (
                   select from pg_catalog.pg_locks
                    where locktype = 'relation' and mode = 'AccessExclusiveLock' and granted
                      and relation = 'reliable_messaging.outbox_message'::regclass::oid
                      and database = (select oid from pg_catalog.pg_database where datname = pg_catalog.current_database()))
            """;

    private static final String CANCELED = "57014";
    private static final int STARTED_AT_COLUMN = 4;
    private static final int PLACE_COLUMN = 10;
    private static final Duration WITHOUT_LIMIT = Duration.ZERO;

    private static final Comparator<OutboxRecord> IN_ORDER =
            Comparator.comparingInt(OutboxRecord::lane).thenComparingLong(OutboxRecord::id);

    private final Connection connection;
    private final PreparedStatement heads;
    private final PreparedStatement writers;
    private final String locked;
    private final LargeValues large;
    private final ServerIdentity server;
    private final IdSequence.Source ids;
    private IdSequence sequence = IdSequence.UNKNOWN;

    private OutboxReader(Connection connection, Schema schema) throws SQLException {
        this.connection = connection;
        this.heads = connection.prepareStatement(schema.in(HEADS));
        this.writers = connection.prepareStatement(schema.in(WRITERS));
        this.locked = schema.in(LOCKED);
        this.large = new LargeValues(connection, schema);
        this.server = ServerIdentity.read(connection);
        this.ids = IdSequence.Source.find(connection, schema);
    }

    /** Returns the server that this reader reads from. */
    public ServerIdentity server() {
        return server;
    }

    /** Returns the state of the id sequence just before the last reading of heads. */
    public IdSequence sequence() {
        return sequence;
    }

    public static OutboxReader open(DataSource autoCommit, Schema schema) {
        try {
            Connection connection = autoCommit.getConnection();
            try {
                return new OutboxReader(connection, schema);
            } catch (SQLException e) {
                connection.close();
                throw e;
            }
        } catch (SQLException e) {
            throw translated("open", e);
        }
    }

    /**
     * The part of a lane to read.
     *
     * @param lane the lane
     * @param quota most rows to read
     * @param floor id after which to read: nothing is left up to it
     * @param ceiling last id to read
     */
    public record Head(int lane, int quota, long floor, long ceiling) {

        public Head(int lane, int quota, long floor) {
            this(lane, quota, floor, Long.MAX_VALUE);
        }
    }

    /**
     * The result of a reading.
     *
     * @param rows first rows of each lane, in lane and id order
     * @param cut lanes of which some rows were left out for lack of room, perhaps even the first
     */
    public record Heads(List<OutboxRecord> rows, Set<Integer> cut) {}

    /**
     * Reads the first rows of each lane.
     *
     * @param wanted the lanes
     * @param without ids to leave out
     * @param leftOut topics whose rows are left out
     * @param bytes free bytes: at most three times as many, and one message, are read, however large messages are
     */
    public Heads heads(List<Head> wanted, Long[] without, Set<String> leftOut, long bytes) {
        return heads(wanted, without, leftOut, bytes, WITHOUT_LIMIT);
    }

    /**
     * Reads the first rows of each lane, within a time limit.
     *
     * @param limit longest time that the statement may take
     * @throws org.springframework.dao.QueryTimeoutException if it took longer; the reader can still be used
     */
    public Heads heads(List<Head> wanted, Long[] without, Set<String> leftOut, long bytes, Duration limit) {
        try {
            int asked = wanted.stream().mapToInt(Head::quota).sum();
            ids.bind(heads, 1);
            int next = 1 + IdSequence.PARAMETERS;
            heads.setString(next++, Long.toString(limit.toMillis()));
            heads.setInt(next++, LargeValues.limit(bytes, asked));
            heads.setBytes(next++, large.mark());
            heads.setArray(next++, array("int4", wanted.stream().map(Head::lane).toArray(Integer[]::new)));
            heads.setArray(
                    next++, array("int4", wanted.stream().map(Head::quota).toArray(Integer[]::new)));
            heads.setArray(
                    next++, array("int8", wanted.stream().map(Head::floor).toArray(Long[]::new)));
            heads.setArray(
                    next++, array("int8", wanted.stream().map(Head::ceiling).toArray(Long[]::new)));
            heads.setArray(next++, array("int8", without));
            heads.setArray(next, array("text", leftOut.toArray(String[]::new)));
            heads.execute();
            readServerState();
            heads.getMoreResults(); // the first result is that of set_config
            List<OutboxRecord> records = new ArrayList<>();
            Map<String, String> topics = new HashMap<>();
            try (ResultSet rows = heads.getResultSet()) {
                while (rows.next()) {
                    records.add(OutboxRow.read(rows, topics).withPlace(rows.getString(PLACE_COLUMN)));
                }
            }
            records.sort(IN_ORDER);
            return large.complete(records, bytes);
        } catch (SQLException e) {
            throw translated("read heads", e);
        }
    }

    // A pooler can route the same connection to a promoted standby. The rows in flight and the floors were learned from
    // the server before.
    private void readServerState() throws SQLException {
        try (ResultSet settings = heads.getResultSet()) {
            settings.next();
            if (!server.startedAt().equals(settings.getString(STARTED_AT_COLUMN))) {
                throw new SQLException(
                        "PostgreSQL was restarted behind this connection, or the connection reaches another server now");
            }
            sequence = ids.read(settings, STARTED_AT_COLUMN + 1, sequence);
        }
    }

    /**
     * The transactions that may still store rows.
     *
     * @param highestId highest id drawn before that; 0 if this role may not read it
     * @param transactions virtual ids of the transactions that are writing to the outbox
     */
    public record Writers(long highestId, Set<String> transactions) {}

    /** Reads which transactions are writing to the outbox. */
    public Writers writers() {
        try {
            ids.bind(writers, 1);
            writers.execute();
            long highestId;
            try (ResultSet drawn = writers.getResultSet()) {
                drawn.next();
                highestId = Math.max(0, ids.read(drawn, 1, sequence).last());
            }
            writers.getMoreResults();
            try (ResultSet rows = writers.getResultSet()) {
                Set<String> ids = new HashSet<>();
                while (rows.next()) {
                    ids.add(rows.getString(1));
                }
                return new Writers(highestId, ids);
            }
        } catch (SQLException e) {
            throw translated("read locks", e);
        }
    }

    /** Returns whether a session holds a lock on the table that blocks all reads, as TRUNCATE and VACUUM FULL do. */
    public boolean isLocked() {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(locked)) {
            row.next();
            return row.getBoolean(1);
        } catch (SQLException e) {
            throw translated("read locks", e);
        }
    }

    @Override
    public void close() {
        try {
            connection.close();
        } catch (SQLException e) {
            // it is closed because it is broken
        }
    }

    private java.sql.Array array(String type, Object[] values) throws SQLException {
        return connection.createArrayOf(type, values);
    }

    private static DataAccessException translated(String task, SQLException e) {
        if (CANCELED.equals(e.getSQLState())) {
            return new QueryTimeoutException("The outbox reader could not " + task + " in time", e);
        }
        return new DataAccessResourceFailureException("The outbox reader could not " + task, e);
    }
}
