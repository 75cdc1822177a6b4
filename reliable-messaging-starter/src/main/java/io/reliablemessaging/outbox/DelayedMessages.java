package io.reliablemessaging.outbox;

import io.reliablemessaging.schema.Schema;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.Timestamp;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import javax.sql.DataSource;
import org.springframework.jdbc.core.JdbcTemplate;

/** The rows of {@code outbox_delayed}: inserted by transactions, and moved to the outbox when they are due. */
public final class DelayedMessages {

    private static final String INSERT = """
            insert into reliable_messaging.outbox_delayed
                   (deliver_at, lane, message_id, topic, partition, key, value, headers)
            select deliver_at, lane, message_id, topic, partition, key, value, headers
              from unnest(?::timestamptz[], ?::int[], ?::uuid[], ?::text[], ?::int[], ?::bytea[], ?::bytea[], ?::bytea[])
                   with ordinality
                   as m (deliver_at, lane, message_id, topic, partition, key, value, headers, place)
             order by place
            """;

    // one statement, so that a message is always in exactly one of the tables; several instances take different rows
    private static final String MOVE = """
            with due as (
                select id from reliable_messaging.outbox_delayed
                 where deliver_at <= clock_timestamp()
                 order by deliver_at, id limit ?
                   for update skip locked
            ), moved as (
                delete from reliable_messaging.outbox_delayed d using due where d.id = due.id
                returning d.*
            )
            insert into reliable_messaging.outbox_message (lane, message_id, topic, partition, key, value, headers)
            select lane, message_id, topic, partition, key, value, headers from moved order by deliver_at, id
            """;

    private static final String NEXT = """
            select extract(epoch from min(deliver_at) - clock_timestamp()) * 1000 from reliable_messaging.outbox_delayed
            """;

    private final JdbcTemplate transactional;
    private final JdbcTemplate autoCommit;
    private final Lanes lanes;
    private final String insert;
    private final String move;
    private final String next;

    DelayedMessages(DataSource transactional, DataSource autoCommit, Schema schema, Lanes lanes) {
        this.transactional = new JdbcTemplate(transactional);
        this.autoCommit = new JdbcTemplate(autoCommit);
        this.lanes = lanes;
        this.insert = schema.in(INSERT);
        this.move = schema.in(MOVE);
        this.next = schema.in(NEXT);
    }

    /** Stores messages in the transaction of this thread. */
    void insert(List<OutboxEntry> entries) {
        Timestamp[] deliverAt = entries.stream()
                .map(entry -> Timestamp.from(Objects.requireNonNull(entry.deliverAt())))
                .toArray(Timestamp[]::new);
        OutboxColumns columns =
                new OutboxColumns(entries.stream().map(OutboxEntry::message).toList(), lanes);
        transactional.execute((Connection connection) -> {
            try (PreparedStatement statement = connection.prepareStatement(insert)) {
                statement.setArray(1, connection.createArrayOf("timestamptz", deliverAt));
                columns.bind(statement, 2);
                return statement.executeUpdate();
            }
        });
    }

    /**
     * Moves messages that are due, at most this many; commits by itself.
     *
     * @return how many
     */
    public int move(int limit) {
        return autoCommit.update(move, limit);
    }

    /** How long until one is due, at most the limit; nothing if one is. */
    public Duration untilNext(Duration limit) {
        Double millis = autoCommit.queryForObject(next, Double.class);
        return millis == null || millis >= limit.toMillis()
                ? limit
                : Duration.ofMillis(Math.max(0, (long) Math.ceil(millis)));
    }
}
