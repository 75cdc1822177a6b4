package io.reliablemessaging.delayed;

import io.reliablemessaging.lanes.Lanes;
import io.reliablemessaging.outbox.OutboxColumns;
import io.reliablemessaging.outbox.OutboxEntry;
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

/** Stores delayed messages in {@code outbox_delayed}, and moves them to the outbox when they are due. */
public final class DelayedTable {

    // A message that is due already goes to the outbox at once. The database's clock decides, and times are
    // passed in microseconds: text would be read in the session's time zone. Like every insert of messages, this
    // lifts synchronous_commit=off.
    private static final String INSERT = """
            with message as materialized (
                select timestamptz 'epoch' + micros::float8 * interval '1 microsecond' as deliver_at,
                       key_hash, message_id, topic, partition, key, value, headers, place
                  from unnest(?::bigint[], ?::int[], ?::uuid[], ?::text[], ?::int[], ?::bytea[], ?::bytea[], ?::bytea[])
                       with ordinality
                       as m (micros, key_hash, message_id, topic, partition, key, value, headers, place)
                 where (select pg_catalog.count(pg_catalog.set_config('synchronous_commit', 'on', true))
                          from (select 1) one where pg_catalog.current_setting('synchronous_commit') = 'off') >= 0
            ), due as (
                insert into reliable_messaging.outbox_message (lane, message_id, topic, partition, key, value, headers)
                select key_hash % (select lanes from reliable_messaging.application),
                       message_id, topic, partition, key, value, headers
                  from message where deliver_at <= pg_catalog.statement_timestamp() order by place
            )
            insert into reliable_messaging.outbox_delayed
                   (deliver_at, key_hash, message_id, topic, partition, key, value, headers)
            select deliver_at, key_hash, message_id, topic, partition, key, value, headers
              from message where deliver_at > pg_catalog.statement_timestamp() order by place
            """;

    // One statement, so that a message is always in exactly one of the tables; several instances take different rows.
    // The move, and with it the transaction that published, is durable before the relay can see the rows. The statement
    // also tells when the next message is due, in its snapshot.
    private static final String MOVE = """
            with due as (
                select id from reliable_messaging.outbox_delayed
                 where deliver_at <= pg_catalog.statement_timestamp()
                   and (select pg_catalog.count(pg_catalog.set_config('synchronous_commit', 'on', true))
                          from (select 1) one
                         where pg_catalog.current_setting('synchronous_commit') = 'off') >= 0
                 order by deliver_at, id limit ?::bigint
                   for update skip locked
            ), moved as (
                delete from reliable_messaging.outbox_delayed d using due where d.id = due.id
                returning d.*
            ), put as (
                insert into reliable_messaging.outbox_message (lane, message_id, topic, partition, key, value, headers)
                -- no lane is negative, whatever the hash
                select (key_hash & 2147483647) % (select lanes from reliable_messaging.application),
                       message_id, topic, partition, key, value, headers
                  from moved order by deliver_at, id
                returning 1
            )
            select (select pg_catalog.count(*) from put) as moved,
                   (select (extract(epoch from pg_catalog.min(deliver_at)) - extract(epoch from pg_catalog.clock_timestamp())) * 1000.0
                      from reliable_messaging.outbox_delayed
                     where deliver_at > pg_catalog.statement_timestamp()) as next
            """;

    private static final Instant NEVER = Instant.parse("9999-12-31T00:00:00Z");

    private final JdbcTemplate autoCommit;
    private final String insert;
    private final String move;

    public DelayedTable(DataSource autoCommit, Schema schema) {
        this.autoCommit = new JdbcTemplate(autoCommit);
        this.insert = schema.in(INSERT);
        this.move = schema.in(MOVE);
    }

    /** Inserts messages in the transaction of this connection. */
    public void insert(Connection connection, List<OutboxEntry> entries) throws SQLException {
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

    // any time in the past means now, and the database knows no time as late as Instant does
    private static long micros(Instant time) {
        Instant known = time.isBefore(Instant.EPOCH) ? Instant.EPOCH : time.isAfter(NEVER) ? NEVER : time;
        return TimeUnit.SECONDS.toMicros(known.getEpochSecond()) + TimeUnit.NANOSECONDS.toMicros(known.getNano());
    }

    /**
     * The result of a move.
     *
     * @param messages how many were moved
     * @param untilNext time until the next message is due, at most the limit that was passed; zero if more are due now
     */
    public record Moved(int messages, Duration untilNext) {}

    /** Moves at most so many due messages to the outbox, in a transaction of its own. */
    public Moved move(int limit, Duration longest) {
        return Objects.requireNonNull(autoCommit.queryForObject(
                move,
                (row, number) -> {
                    int messages = row.getInt("moved");
                    double next = row.getDouble("next");
                    boolean none = row.wasNull() || next >= longest.toMillis();
                    Duration until = none ? longest : Duration.ofMillis(Math.max(0, (long) Math.ceil(next)));
                    return new Moved(messages, messages == limit ? Duration.ZERO : until);
                },
                limit));
    }
}
