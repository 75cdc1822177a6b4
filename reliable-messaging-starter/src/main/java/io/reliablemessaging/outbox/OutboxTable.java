package io.reliablemessaging.outbox;

import io.reliablemessaging.schema.Schema;
import io.reliablemessaging.wire.HeaderBytes;
import io.reliablemessaging.wire.WireMessage;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import java.util.UUID;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.JdbcTemplate;

/** The rows of {@code outbox_message}: inserted by transactions, deleted by the relay. */
public final class OutboxTable {

    // One statement for all messages of a transaction, ids in the order of publishing. A transaction that runs with
    // synchronous_commit=off would lose its business data and its messages together in a crash, but after the relay has
    // sent them: so it is lifted to "on", in this statement, for this transaction only.
    private static final String INSERT = """
            insert into reliable_messaging.outbox_message (lane, message_id, topic, partition, key, value, headers)
            select lane, message_id, topic, partition, key, value, headers
              from unnest(?::int[], ?::uuid[], ?::text[], ?::int[], ?::bytea[], ?::bytea[], ?::bytea[]) with ordinality
                   as m (lane, message_id, topic, partition, key, value, headers, place)
             where (select count(set_config('synchronous_commit', 'on', true))
                      from (select 1) one where current_setting('synchronous_commit') = 'off') >= 0
             order by place
            """;

    // A delete that a crash undoes is sent twice, which the inbox absorbs: no need to wait for the disk.
    private static final String DELETE = """
            delete from reliable_messaging.outbox_message o
             using unnest(?::int[], ?::bigint[]) as done (lane, id)
             where o.lane = done.lane and o.id = done.id
               and (select set_config('synchronous_commit', 'off', true)) is not null
            """;

    private final JdbcTemplate transactional;
    private final JdbcTemplate autoCommit;
    private final Lanes lanes;
    private final String insert;
    private final String delete;

    OutboxTable(DataSource transactional, DataSource autoCommit, Schema schema, Lanes lanes) {
        this.transactional = new JdbcTemplate(transactional);
        this.autoCommit = new JdbcTemplate(autoCommit);
        this.lanes = lanes;
        this.insert = schema.in(INSERT);
        this.delete = schema.in(DELETE);
    }

    /** Stores messages, in this order, in the transaction of this thread. */
    void insert(List<WireMessage> messages) {
        transactional.execute((Connection connection) -> {
            try (PreparedStatement statement = connection.prepareStatement(insert)) {
                bind(statement, messages);
                return statement.executeUpdate();
            }
        });
    }

    /** Removes rows that the broker has acknowledged. */
    public void delete(List<OutboxRecord> acknowledged) {
        autoCommit.update(delete, statement -> {
            Connection connection = statement.getConnection();
            Object[] laneColumn = acknowledged.stream().map(OutboxRecord::lane).toArray();
            Object[] idColumn = acknowledged.stream().map(OutboxRecord::id).toArray();
            statement.setArray(1, connection.createArrayOf("int4", laneColumn));
            statement.setArray(2, connection.createArrayOf("int8", idColumn));
        });
    }

    private void bind(PreparedStatement statement, List<WireMessage> messages) throws SQLException {
        int count = messages.size();
        Integer[] lane = new Integer[count];
        UUID[] id = new UUID[count];
        String[] topic = new String[count];
        @Nullable Integer[] partition = new @Nullable Integer[count];
        byte[] @Nullable [] key = new byte[count] @Nullable [];
        byte[] @Nullable [] value = new byte[count] @Nullable [];
        byte[][] headers = new byte[count][];
        for (int i = 0; i < count; i++) {
            WireMessage message = messages.get(i);
            lane[i] = lanes.laneOf(message);
            id[i] = message.id().value();
            topic[i] = message.topic();
            partition[i] = message.partition();
            key[i] = message.key();
            value[i] = message.value();
            headers[i] = HeaderBytes.encode(message.headers());
        }
        Connection connection = statement.getConnection();
        statement.setArray(1, connection.createArrayOf("int4", lane));
        statement.setArray(2, connection.createArrayOf("uuid", id));
        statement.setArray(3, connection.createArrayOf("text", topic));
        statement.setArray(4, connection.createArrayOf("int4", partition));
        statement.setArray(5, connection.createArrayOf("bytea", key));
        statement.setArray(6, connection.createArrayOf("bytea", value));
        statement.setArray(7, connection.createArrayOf("bytea", headers));
    }
}
