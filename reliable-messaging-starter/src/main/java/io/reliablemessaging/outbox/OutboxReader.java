package io.reliablemessaging.outbox;

import io.reliablemessaging.MessageId;
import io.reliablemessaging.schema.Schema;
import io.reliablemessaging.wire.HeaderBytes;
import io.reliablemessaging.wire.WireMessage;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import javax.sql.DataSource;
import org.springframework.dao.DataAccessException;
import org.springframework.dao.DataAccessResourceFailureException;

/**
 * Reads the heads of lanes, on one connection that it keeps and from one server. When the connection breaks, or leads to
 * another server, make a new reader.
 */
public final class OutboxReader implements AutoCloseable {

    // Selected ahead of a statement in the same request, and so in its transaction. The table is empty when a plan is
    // made and full when it is used, so no statistics can be right; there is one good way, and that is the primary key.
    static final String BY_PRIMARY_KEY = """
            select set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true),
                   set_config('jit', 'off', true)""";

    // Each lane's head in id order, and always from the floor: a transaction that commits late has a lower id than rows
    // that were sent long ago. One test a row is all that the bound on memory costs here; a running sum would cost a
    // third.
    private static final String HEADS = BY_PRIMARY_KEY + ", " + ServerIdentity.STARTED_AT + """
            ;
            select m.lane, m.id, m.message_id, m.topic, m.partition, m.key,
                   case when octet_length(m.value) > ? then ? else m.value end, m.headers,
                   date_part('epoch', statement_timestamp() - m.created_at)
              from unnest(?::int[], ?::int[], ?::bigint[]) as owned (lane, quota, floor)
             cross join lateral (
                   select * from reliable_messaging.outbox_message o
                    where o.lane = owned.lane and o.id > owned.floor
                      and o.id not in (select unnest(?::bigint[]))
                      and o.topic <> all (?::text[])
                    order by o.id
                    limit owned.quota) m
            """;

    // An INSERT locks the table before it draws its id. So whoever may still commit an id that was drawn by now is
    // among these; transaction ids and snapshots know nothing of it yet.
    private static final String WRITERS = """
            select virtualtransaction from pg_locks
             where locktype = 'relation' and mode = 'RowExclusiveLock'
               and relation = 'reliable_messaging.outbox_message'::regclass
               and database = (select oid from pg_database where datname = current_database())
            """;

    private static final int STARTED_AT_COLUMN = 4;

    private static final Comparator<OutboxRecord> IN_ORDER =
            Comparator.comparingInt(OutboxRecord::lane).thenComparingLong(OutboxRecord::id);

    private final Connection connection;
    private final PreparedStatement heads;
    private final PreparedStatement writers;
    private final LargeValues large;
    private final ServerIdentity server;

    private OutboxReader(Connection connection, Schema schema) throws SQLException {
        this.connection = connection;
        this.heads = connection.prepareStatement(schema.in(HEADS));
        this.writers = connection.prepareStatement(schema.in(WRITERS));
        this.large = new LargeValues(connection, schema);
        this.server = ServerIdentity.ask(connection);
    }

    /** The server that it reads from. */
    public ServerIdentity server() {
        return server;
    }

    static OutboxReader open(DataSource autoCommit, Schema schema) {
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
     * What to read of a lane.
     *
     * @param lane the lane
     * @param quota most rows
     * @param floor id below which nothing is left
     */
    public record Head(int lane, int quota, long floor) {}

    /**
     * What was read.
     *
     * @param rows first rows of each lane, in lane and id order
     * @param cut lanes of which fewer rows were read than are there, for want of room: perhaps not even the first
     */
    public record Heads(List<OutboxRecord> rows, Set<Integer> cut) {}

    /**
     * First rows of each lane.
     *
     * @param wanted the lanes
     * @param without ids that are not to be read
     * @param heldTopics topics whose rows are left where they are
     * @param bytes how much room there is: at most three times as many, and one message, are read, however large they are
     */
    public Heads heads(List<Head> wanted, Long[] without, List<String> heldTopics, long bytes) {
        try {
            int asked = wanted.stream().mapToInt(Head::quota).sum();
            heads.setInt(1, LargeValues.limit(bytes, asked));
            heads.setBytes(2, large.mark());
            heads.setArray(3, array("int4", wanted.stream().map(Head::lane).toArray(Integer[]::new)));
            heads.setArray(4, array("int4", wanted.stream().map(Head::quota).toArray(Integer[]::new)));
            heads.setArray(5, array("int8", wanted.stream().map(Head::floor).toArray(Long[]::new)));
            heads.setArray(6, array("int8", without));
            heads.setArray(7, array("text", heldTopics.toArray(String[]::new)));
            heads.execute();
            requireSameServer();
            heads.getMoreResults(); // the first one is of the settings
            List<OutboxRecord> records = new ArrayList<>();
            try (ResultSet rows = heads.getResultSet()) {
                while (rows.next()) {
                    records.add(record(rows));
                }
            }
            records.sort(IN_ORDER);
            return large.complete(records, bytes);
        } catch (SQLException e) {
            throw translated("read heads", e);
        }
    }

    // A pooler can lead the same connection to a promoted standby. What is left out as being in flight, and the floors,
    // were learned from the server before.
    private void requireSameServer() throws SQLException {
        try (ResultSet settings = heads.getResultSet()) {
            settings.next();
            if (!server.startedAt().equals(settings.getString(STARTED_AT_COLUMN))) {
                throw new SQLException("PostgreSQL was restarted behind this connection, or it is another server now");
            }
        }
    }

    /** Virtual ids of the transactions that are writing to the outbox. */
    public Set<String> writers() {
        try (ResultSet rows = writers.executeQuery()) {
            Set<String> ids = new HashSet<>();
            while (rows.next()) {
                ids.add(rows.getString(1));
            }
            return ids;
        } catch (SQLException e) {
            throw translated("read locks", e);
        }
    }

    @Override
    public void close() {
        try {
            connection.close();
        } catch (SQLException e) {
            // it is broken, which is why it is closed
        }
    }

    private java.sql.Array array(String type, Object[] values) throws SQLException {
        return connection.createArrayOf(type, values);
    }

    private static OutboxRecord record(ResultSet row) throws SQLException {
        HeaderBytes.Decoded headers = HeaderBytes.tryDecode(row.getBytes(8));
        WireMessage message = new WireMessage(
                new MessageId(row.getObject(3, UUID.class)),
                row.getString(4),
                row.getObject(5, Integer.class),
                row.getBytes(6),
                row.getBytes(7),
                headers.headers());
        return new OutboxRecord(
                row.getInt(1), row.getLong(2), message, OutboxRecord.secondsAgo(row.getDouble(9)), headers.failure());
    }

    private static DataAccessException translated(String task, SQLException e) {
        return new DataAccessResourceFailureException("The outbox reader could not " + task, e);
    }
}
