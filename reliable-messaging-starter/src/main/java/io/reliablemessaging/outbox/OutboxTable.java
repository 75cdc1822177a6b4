package io.reliablemessaging.outbox;

import io.reliablemessaging.schema.Schema;
import io.reliablemessaging.wire.HeaderBytes;
import io.reliablemessaging.wire.WireMessage;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Types;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.IntFunction;
import javax.sql.DataSource;
import org.springframework.jdbc.core.JdbcTemplate;

/** The rows of {@code outbox_message}: inserted by transactions, deleted by the relay. */
public final class OutboxTable {

    // A transaction that runs with synchronous_commit=off would lose its business data and its messages together in a
    // crash, but after the relay has sent them: so it is lifted to "on", in this statement, for this transaction only.
    private static final String DURABLY = """
             where case when pg_catalog.current_setting('synchronous_commit') = 'off'
                        then pg_catalog.set_config('synchronous_commit', 'on', true) is not null
                        else true
                   end
            """;

    // Most transactions publish a single message. This plan costs the database a third less than one over arrays. The
    // lane follows from the number that is stored: whatever this instance is configured for or remembers, it cannot be
    // wrong. Were there no number, the lane would be null, and the statement would fail.
    private static final String INSERT_ONE = """
            insert into reliable_messaging.outbox_message (lane, message_id, topic, partition, key, value, headers)
            select ?::int % (select lanes from reliable_messaging.application),
                   ?::uuid, ?::text, ?::int, ?::bytea, ?::bytea, ?::bytea
            """ + DURABLY;

    // One statement for all messages of a transaction, ids in the order of publishing.
    private static final String INSERT_ALL = """
            insert into reliable_messaging.outbox_message (lane, message_id, topic, partition, key, value, headers)
            select hash % (select lanes from reliable_messaging.application),
                   message_id, topic, partition, key, value, headers
              from unnest(?::int[], ?::uuid[], ?::text[], ?::int[], ?::bytea[], ?::bytea[], ?::bytea[]) with ordinality
                   as m (hash, message_id, topic, partition, key, value, headers, place)
            """ + DURABLY + """
             order by place
            """;

    // A delete that a crash undoes is sent twice, which the inbox absorbs: no need to wait for the disk.
    private static final String FOR_DELETING = OutboxReader.BY_PRIMARY_KEY + """
            , pg_catalog.set_config('synchronous_commit', 'off', true);
            """;

    // Looked up one by one, so that no plan can come to read all rows. By the message too: after a fail-over, another
    // message may have that id.
    private static final String DELETE = """
            delete from reliable_messaging.outbox_message
             where ctid = any (array(
                   select m.ctid
                     from unnest(?::int[], ?::bigint[], ?::uuid[]) as done (lane, id, message_id)
                    cross join lateral (
                          select ctid from reliable_messaging.outbox_message o
                           where o.lane = done.lane and o.id = done.id and o.message_id = done.message_id
                           limit 1) m))
            """;

    // The same, and what was sent is kept beside. Both or neither: a crash that undoes one undoes the other.
    private static final String DELETE_AND_KEEP = "with sent as (" + DELETE + """
                 returning *
            )
            insert into reliable_messaging.outbox_published
                   (id, lane, message_id, topic, partition, key, value, headers, created_at, sent_partition, sent_offset)
            select id, lane, message_id, topic, partition, key, value, headers, created_at, sent_partition, sent_offset
              from sent
              join unnest(?::int[], ?::bigint[], ?::uuid[], ?::int[], ?::bigint[])
                        as place (lane, id, message_id, sent_partition, sent_offset)
                   using (lane, id, message_id)
            """;

    private final JdbcTemplate autoCommit;
    private final String insertOne;
    private final String insertAll;
    private final String delete;
    private final boolean keep;

    /**
     * Makes it.
     *
     * @param keep whether to keep what was sent
     */
    OutboxTable(DataSource autoCommit, Schema schema, boolean keep) {
        this.autoCommit = new JdbcTemplate(autoCommit);
        this.insertOne = schema.in(INSERT_ONE);
        this.insertAll = schema.in(INSERT_ALL);
        this.keep = keep;
        this.delete = schema.in(FOR_DELETING + (keep ? DELETE_AND_KEEP : DELETE));
    }

    /** Stores messages, in this order, in the transaction of this connection. */
    public void insert(Connection connection, List<WireMessage> messages) throws SQLException {
        boolean single = messages.size() == 1;
        try (PreparedStatement statement = connection.prepareStatement(single ? insertOne : insertAll)) {
            if (single) {
                bind(statement, messages.get(0));
            } else {
                new OutboxColumns(messages, Lanes::hashOf).bind(statement, 1);
            }
            int unused = statement.executeUpdate();
        }
    }

    /** Removes rows that the broker has acknowledged. A row that has the id of one and another message stays. */
    public void delete(List<SentRecord> acknowledged) {
        var unused = autoCommit.execute(delete, (PreparedStatement statement) -> {
            Connection connection = statement.getConnection();
            Array lane = connection.createArrayOf(
                    "int4", each(acknowledged, s -> s.row().lane(), Integer[]::new));
            Array id = connection.createArrayOf(
                    "int8", each(acknowledged, s -> s.row().id(), Long[]::new));
            Array message = connection.createArrayOf(
                    "uuid", each(acknowledged, s -> s.row().message().id().value(), UUID[]::new));
            statement.setArray(1, lane);
            statement.setArray(2, id);
            statement.setArray(3, message);
            if (keep) {
                Integer[] partition = each(acknowledged, s -> s.confirmation().partition(), Integer[]::new);
                Long[] offset = each(acknowledged, s -> s.confirmation().offset(), Long[]::new);
                statement.setArray(4, lane);
                statement.setArray(5, id);
                statement.setArray(6, message);
                statement.setArray(7, connection.createArrayOf("int4", partition));
                statement.setArray(8, connection.createArrayOf("int8", offset));
            }
            return statement.execute();
        });
    }

    private static <T> T[] each(List<SentRecord> sent, Function<SentRecord, T> column, IntFunction<T[]> array) {
        return sent.stream().map(column).toArray(array);
    }

    private void bind(PreparedStatement statement, WireMessage message) throws SQLException {
        statement.setInt(1, Lanes.hashOf(message));
        statement.setObject(2, message.id().value());
        statement.setString(3, message.topic());
        statement.setObject(4, message.partition(), Types.INTEGER);
        statement.setBytes(5, message.key());
        statement.setBytes(6, message.value());
        statement.setBytes(7, HeaderBytes.encode(message.headers()));
    }
}
