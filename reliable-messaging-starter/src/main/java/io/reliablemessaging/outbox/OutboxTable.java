package io.reliablemessaging.outbox;

import io.reliablemessaging.schema.Schema;
import io.reliablemessaging.wire.WireMessage;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.util.List;
import javax.sql.DataSource;
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

    // The same, and what was sent is kept beside. Both or neither: a crash that undoes one undoes the other.
    private static final String DELETE_AND_KEEP = """
            with sent as (
                delete from reliable_messaging.outbox_message o
                 using unnest(?::int[], ?::bigint[]) as done (lane, id)
                 where o.lane = done.lane and o.id = done.id
                   and (select set_config('synchronous_commit', 'off', true)) is not null
                returning o.*
            )
            insert into reliable_messaging.outbox_published
                   (id, lane, message_id, topic, partition, key, value, headers, created_at)
            select id, lane, message_id, topic, partition, key, value, headers, created_at from sent
            """;

    private final JdbcTemplate transactional;
    private final JdbcTemplate autoCommit;
    private final Lanes lanes;
    private final String insert;
    private final String delete;

    /**
     * Makes it.
     *
     * @param keep whether to keep what was sent
     */
    OutboxTable(DataSource transactional, DataSource autoCommit, Schema schema, Lanes lanes, boolean keep) {
        this.transactional = new JdbcTemplate(transactional);
        this.autoCommit = new JdbcTemplate(autoCommit);
        this.lanes = lanes;
        this.insert = schema.in(INSERT);
        this.delete = schema.in(keep ? DELETE_AND_KEEP : DELETE);
    }

    /** Stores messages, in this order, in the transaction of this thread. */
    void insert(List<WireMessage> messages) {
        transactional.execute((Connection connection) -> {
            try (PreparedStatement statement = connection.prepareStatement(insert)) {
                new OutboxColumns(messages, lanes).bind(statement, 1);
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
}
