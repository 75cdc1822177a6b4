package io.reliablemessaging.outbox;

import io.reliablemessaging.schema.Schema;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.springframework.jdbc.core.JdbcTemplate;

/** The rows of {@code outbox_delayed}: inserted by transactions, and moved to the outbox when they are due. */
public final class DelayedMessages {

    // What is due goes to the outbox at once. By the database's clock, and in microseconds: text would be read in the
    // session's time zone. Like other messages it lifts synchronous_commit=off.
    private static final String INSERT = """
            with message as materialized (
                select timestamptz 'epoch' + micros * interval '1 microsecond' as deliver_at,
                       key_hash, message_id, topic, partition, key, value, headers, place
                  from unnest(?::bigint[], ?::int[], ?::uuid[], ?::text[], ?::int[], ?::bytea[], ?::bytea[], ?::bytea[])
                       with ordinality
                       as m (micros, key_hash, message_id, topic, partition, key, value, headers, place)
                 where (select count(set_config('synchronous_commit', 'on', true))
                          from (select 1) one where current_setting('synchronous_commit') = 'off') >= 0
            ), due as (
                insert into reliable_messaging.outbox_message (lane, message_id, topic, partition, key, value, headers)
                select key_hash % (select lanes from reliable_messaging.application),
                       message_id, topic, partition, key, value, headers
                  from message where deliver_at <= statement_timestamp() order by place
            )
            insert into reliable_messaging.outbox_delayed
                   (deliver_at, key_hash, message_id, topic, partition, key, value, headers)
            select deliver_at, key_hash, message_id, topic, partition, key, value, headers
              from message where deliver_at > statement_timestamp() order by place
            """;

    // One statement, so that a message is always in exactly one of the tables; several instances take different rows.
    // Durable, and with it the transaction that published them, before the relay can see them.
    private static final String MOVE = """
            with due as (
                select id from reliable_messaging.outbox_delayed
                 where deliver_at <= clock_timestamp()
                   and (select count(set_config('synchronous_commit', 'on', true))
                          from (select 1) one where current_setting('synchronous_commit') = 'off') >= 0
                 order by deliver_at, id limit ?
                   for update skip locked
            ), moved as (
                delete from reliable_messaging.outbox_delayed d using due where d.id = due.id
                returning d.*
            )
            insert into reliable_messaging.outbox_message (lane, message_id, topic, partition, key, value, headers)
            select key_hash % (select lanes from reliable_messaging.application),
                   message_id, topic, partition, key, value, headers
              from moved order by deliver_at, id
            """;

    private static final String NEXT = """
            select extract(epoch from min(deliver_at) - clock_timestamp()) * 1000 from reliable_messaging.outbox_delayed
            """;

    private static final Instant NEVER = Instant.parse("9999-12-31T00:00:00Z");

    private final JdbcTemplate autoCommit;
    private final String insert;
    private final String move;
    private final String next;

    DelayedMessages(DataSource autoCommit, Schema schema) {
        this.autoCommit = new JdbcTemplate(autoCommit);
        this.insert = schema.in(INSERT);
        this.move = schema.in(MOVE);
        this.next = schema.in(NEXT);
    }

    /** Stores messages in the transaction of this connection. */
    void insert(Connection connection, List<OutboxEntry> entries) throws SQLException {
        Object[] micros = entries.stream()
                .map(entry -> micros(Objects.requireNonNull(entry.deliverAt())))
                .toArray();
        OutboxColumns columns =
                new OutboxColumns(entries.stream().map(OutboxEntry::message).toList(), Lanes::hashOf);
        try (PreparedStatement statement = connection.prepareStatement(insert)) {
            statement.setArray(1, connection.createArrayOf("int8", micros));
            columns.bind(statement, 2);
            int unused = statement.executeUpdate();
        }
    }

    // the past is the past; and the database knows no time as late as Instant does
    private static long micros(Instant time) {
        Instant known = time.isBefore(Instant.EPOCH) ? Instant.EPOCH : time.isAfter(NEVER) ? NEVER : time;
        return TimeUnit.SECONDS.toMicros(known.getEpochSecond()) + TimeUnit.NANOSECONDS.toMicros(known.getNano());
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
