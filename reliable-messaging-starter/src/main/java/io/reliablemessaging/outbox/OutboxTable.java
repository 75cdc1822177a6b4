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
import org.springframework.jdbc.JdbcUpdateAffectedIncorrectNumberOfRowsException;
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
    // wrong. Without a number the lane is null, and the statement fails. Without that row nothing is stored, and the
    // count
    // of rows says so. Not a subselect: to set one up costs as much as the check of synchronous_commit.
    private static final String INSERT_ONE = """
            insert into reliable_messaging.outbox_message (lane, message_id, topic, partition, key, value, headers)
            select ?::int % lanes, ?::uuid, ?::text, ?::int, ?::bytea, ?::bytea, ?::bytea
              from reliable_messaging.application
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

    // Where they were when they were read: that takes no index. Rows are never updated, but vacuum full moves them, and
    // after a fail-over another row may be there. The comparison is hashed, however many there are.
    private static final String DELETE_AT_PLACES = """
            delete from reliable_messaging.outbox_message
             where ctid = any (?::tid[])
               and ((id, message_id) in (select * from unnest(?::bigint[], ?::uuid[]))) is true
            """;

    // Looked up one by one, so that no plan can come to read all rows. By the message too: after a fail-over, another
    // message may have that id.
    private static final String DELETE_BY_IDS = """
            delete from reliable_messaging.outbox_message
             where ctid = any (array(
                   select m.ctid
                     from unnest(?::int[], ?::bigint[], ?::uuid[]) as done (lane, id, message_id)
                    cross join lateral (
                          select ctid from reliable_messaging.outbox_message o
                           where o.lane = done.lane and o.id = done.id and o.message_id = done.message_id
                           limit 1) m))
            """;

    // What was sent is kept beside. Both or neither: a crash that undoes one undoes the other.
    private static final String KEPT = """
                 returning *
            )
            insert into reliable_messaging.outbox_published
                   (id, lane, message_id, topic, partition, key, value, headers, created_at, sent_partition, sent_offset)
            select id, lane, message_id, topic, partition, key, value, headers, created_at, sent_partition, sent_offset
              from sent
              join unnest(?::bigint[], ?::uuid[], ?::int[], ?::bigint[]) as place (id, message_id, sent_partition, sent_offset)
                   using (id, message_id)
            """;

    private static final String KEEP_AT_PLACES = "with sent as (" + DELETE_AT_PLACES + KEPT;

    private static final String KEEP_BY_IDS = "with sent as (" + DELETE_BY_IDS + KEPT;

    private final JdbcTemplate autoCommit;
    private final String insertOne;
    private final String insertAll;
    private final String deleteAtPlaces;
    private final String deleteByIds;
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
        this.deleteAtPlaces = schema.in(FOR_DELETING + (keep ? KEEP_AT_PLACES : DELETE_AT_PLACES));
        this.deleteByIds = schema.in(FOR_DELETING + (keep ? KEEP_BY_IDS : DELETE_BY_IDS));
    }

    /**
     * Stores messages, in this order, in the transaction of this connection.
     *
     * @throws JdbcUpdateAffectedIncorrectNumberOfRowsException if some were left out without an error
     */
    public void insert(Connection connection, List<WireMessage> messages) throws SQLException {
        boolean single = messages.size() == 1;
        String insert = single ? insertOne : insertAll;
        try (PreparedStatement statement = connection.prepareStatement(insert)) {
            if (single) {
                bind(statement, messages.get(0));
            } else {
                new OutboxColumns(messages, Lanes::hashOf).bind(statement, 1);
            }
            int stored = statement.executeUpdate();
            if (stored != messages.size()) {
                throw new JdbcUpdateAffectedIncorrectNumberOfRowsException(insert, messages.size(), stored);
            }
        }
    }

    /** Removes rows that the broker has acknowledged. A row that has the id of one and another message stays. */
    public void delete(List<SentRecord> acknowledged) {
        boolean known = acknowledged.stream().allMatch(sent -> sent.row().place() != null);
        int deleted = known
                ? delete(deleteAtPlaces, "tid", each(acknowledged, s -> s.row().place(), String[]::new), acknowledged)
                : 0;
        if (deleted < acknowledged.size()) {
            var unused =
                    delete(deleteByIds, "int4", each(acknowledged, s -> s.row().lane(), Integer[]::new), acknowledged);
        }
    }

    private int delete(String statement, String firstType, Object[] first, List<SentRecord> acknowledged) {
        Integer deleted = autoCommit.execute(statement, (PreparedStatement prepared) -> {
            Connection connection = prepared.getConnection();
            Array id = connection.createArrayOf(
                    "int8", each(acknowledged, s -> s.row().id(), Long[]::new));
            Array message = connection.createArrayOf(
                    "uuid", each(acknowledged, s -> s.row().message().id().value(), UUID[]::new));
            prepared.setArray(1, connection.createArrayOf(firstType, first));
            prepared.setArray(2, id);
            prepared.setArray(3, message);
            if (keep) {
                prepared.setArray(4, id);
                prepared.setArray(5, message);
                prepared.setArray(
                        6,
                        connection.createArrayOf(
                                "int4", each(acknowledged, s -> s.confirmation().partition(), Integer[]::new)));
                prepared.setArray(
                        7,
                        connection.createArrayOf(
                                "int8", each(acknowledged, s -> s.confirmation().offset(), Long[]::new)));
            }
            prepared.execute();
            prepared.getMoreResults(); // the first one is of the settings
            return prepared.getUpdateCount();
        });
        return deleted == null ? 0 : deleted;
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
