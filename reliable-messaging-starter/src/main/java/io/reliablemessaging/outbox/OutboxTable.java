package io.reliablemessaging.outbox;

import io.reliablemessaging.lanes.Lanes;
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

/** Inserts rows of {@code outbox_message} for transactions, and deletes them for the relay. */
public final class OutboxTable {

    // With synchronous_commit=off, a crash could lose the business data and the messages of a transaction after the
    // relay has sent the messages. So this statement sets it to "on", for this transaction only.
    private static final String DURABLY = """
             where case when pg_catalog.current_setting('synchronous_commit') = 'off'
                        then pg_catalog.set_config('synchronous_commit', 'on', true) is not null
                        else true
                   end
            """;

    // Most transactions publish a single message. This plan costs the database a third less than one over arrays. The
    // lane follows from the stored number of lanes, so no configuration or memory of this instance can make it wrong.
    // If the number is missing, the lane is null and the statement fails. If its row is missing, nothing is stored, and
    // the count of rows shows it. Not a subselect: its set-up costs as much as the check of synchronous_commit.
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

    // If a crash undoes a delete, the message is sent twice and the inbox drops the second: no need to wait for
    // the disk.
    private static final String FOR_DELETING = OutboxReader.BY_PRIMARY_KEY + """
            , pg_catalog.set_config('synchronous_commit', 'off', true);
            """;

    // Deletes rows at the places where they were read, which needs no index. Rows are never updated, but vacuum full
    // moves them, and after a fail-over another row may be there. The comparison is hashed, for any number of rows.
    private static final String DELETE_AT_PLACES = """
            delete from reliable_messaging.outbox_message
             where ctid = any (?::tid[])
               and ((id, message_id) in (select * from unnest(?::bigint[], ?::uuid[]))) is true
            """;

    // Finds rows one by one, so that no plan can read the whole table. The message id is compared too: after a
    // fail-over, another message may have the row id.
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

    // Copies sent messages to outbox_published. One statement: a crash that undoes one part undoes the other.
    private static final String RETAIN = """
                 returning *
            )
            insert into reliable_messaging.outbox_published
                   (id, lane, message_id, topic, partition, key, value, headers, created_at, sent_partition, sent_offset)
            select id, lane, message_id, topic, partition, key, value, headers, created_at, sent_partition, sent_offset
              from sent
              join unnest(?::bigint[], ?::uuid[], ?::int[], ?::bigint[]) as place (id, message_id, sent_partition, sent_offset)
                   using (id, message_id)
            """;

    private static final String RETAIN_AT_PLACES = "with sent as (" + DELETE_AT_PLACES + RETAIN;

    private static final String RETAIN_BY_IDS = "with sent as (" + DELETE_BY_IDS + RETAIN;

    private final JdbcTemplate autoCommit;
    private final String insertOne;
    private final String insertAll;
    private final String deleteAtPlaces;
    private final String deleteByIds;
    private final boolean retain;

    /**
     * Creates access to the table.
     *
     * @param retain whether to copy sent messages to {@code outbox_published}
     */
    public OutboxTable(DataSource autoCommit, Schema schema, boolean retain) {
        this.autoCommit = new JdbcTemplate(autoCommit);
        this.insertOne = schema.in(INSERT_ONE);
        this.insertAll = schema.in(INSERT_ALL);
        this.retain = retain;
        this.deleteAtPlaces = schema.in(FOR_DELETING + (retain ? RETAIN_AT_PLACES : DELETE_AT_PLACES));
        this.deleteByIds = schema.in(FOR_DELETING + (retain ? RETAIN_BY_IDS : DELETE_BY_IDS));
    }

    /**
     * Inserts messages, in this order, in the transaction of this connection.
     *
     * @throws JdbcUpdateAffectedIncorrectNumberOfRowsException if the statement stored fewer rows without an error
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

    /** Deletes rows that the broker has acknowledged. A row with the same id but another message stays. */
    public void delete(List<SentRecord> acknowledged) {
        boolean placesKnown = acknowledged.stream().allMatch(sent -> sent.row().place() != null);
        int deleted = placesKnown
                ? delete(
                        deleteAtPlaces, "tid", column(acknowledged, s -> s.row().place(), String[]::new), acknowledged)
                : 0;
        if (deleted < acknowledged.size()) {
            var unused = delete(
                    deleteByIds, "int4", column(acknowledged, s -> s.row().lane(), Integer[]::new), acknowledged);
        }
    }

    private int delete(String statement, String firstType, Object[] first, List<SentRecord> acknowledged) {
        Integer deleted = autoCommit.execute(statement, (PreparedStatement prepared) -> {
            Connection connection = prepared.getConnection();
            Array id = connection.createArrayOf(
                    "int8", column(acknowledged, s -> s.row().id(), Long[]::new));
            Array message = connection.createArrayOf(
                    "uuid", column(acknowledged, s -> s.row().message().id().value(), UUID[]::new));
            prepared.setArray(1, connection.createArrayOf(firstType, first));
            prepared.setArray(2, id);
            prepared.setArray(3, message);
            if (retain) {
                prepared.setArray(4, id);
                prepared.setArray(5, message);
                prepared.setArray(
                        6,
                        connection.createArrayOf(
                                "int4",
                                column(acknowledged, s -> s.confirmation().partition(), Integer[]::new)));
                prepared.setArray(
                        7,
                        connection.createArrayOf(
                                "int8",
                                column(acknowledged, s -> s.confirmation().offset(), Long[]::new)));
            }
            prepared.execute();
            prepared.getMoreResults(); // the first result is that of set_config
            return prepared.getUpdateCount();
        });
        return deleted == null ? 0 : deleted;
    }

    private static <T> T[] column(List<SentRecord> sent, Function<SentRecord, T> column, IntFunction<T[]> array) {
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
