package io.reliablemessaging.outbox;

import io.reliablemessaging.MessageId;
import io.reliablemessaging.OutboxReplay;
import io.reliablemessaging.schema.Schema;
import io.reliablemessaging.wire.KeyText;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

/** The rows of {@code outbox_published}: what was sent and is kept for a while. */
final class PublishedMessages implements OutboxReplay {

    private static final int CHUNK = 1000;

    private static final String LAST =
            "select coalesce(pg_catalog.max(id), 0) from reliable_messaging.outbox_published";

    private static final String LOG = """
            insert into reliable_messaging.operation_log (who, action, target) values (:who::text, 'replay', :target::text)
            """;

    private static final String FIND = """
            select id, message_id, key from reliable_messaging.outbox_published
             where topic = :topic::text and (:key::bytea is null or key = :key::bytea)
               and created_at >= :from::timestamptz and created_at < :until::timestamptz
               and id > :after::bigint and id <= :last::bigint
             order by id limit :chunk::bigint
            """;

    // to the lane of today: there may be more than on the day on which it was sent
    private static final String REPLAY = """
            insert into reliable_messaging.outbox_message (lane, message_id, topic, partition, key, value, headers)
            select again.hash % (select lanes from reliable_messaging.application),
                   p.message_id, p.topic, p.partition, p.key, p.value, p.headers
              from unnest(:ids::bigint[], :hashes::int[]) as again (id, hash)
              join reliable_messaging.outbox_published p on p.id = again.id
             order by p.id
            """;

    private static final String PURGE = """
            delete from reliable_messaging.outbox_published
             where id in (select id from reliable_messaging.outbox_published
                           where sent_at < pg_catalog.clock_timestamp() - pg_catalog.make_interval(secs => :seconds::float8)
                           order by sent_at limit :chunk::bigint for update skip locked)
            """;

    private final JdbcClient jdbc;
    private final Schema schema;
    private final OutboxSignal signal;

    private record Kept(long id, int hash) {}

    PublishedMessages(DataSource autoCommit, Schema schema, OutboxSignal signal) {
        this.jdbc = JdbcClient.create(autoCommit);
        this.schema = schema;
        this.signal = signal;
    }

    @Override
    public long replay(String topic, @Nullable String key, Instant from, Instant until, String who) {
        if (!from.isBefore(until)) {
            throw new IllegalArgumentException(
                    "Replay from %s until %s: the end must come after the beginning".formatted(from, until));
        }
        byte[] keyBytes = KeyText.bytes(key);
        // what is sent again is kept again, with a higher id: that must not be replayed in its turn
        long last = jdbc.sql(schema.in(LAST)).query(Long.class).single();
        jdbc.sql(schema.in(LOG))
                .param("who", who)
                .param(
                        "target",
                        storable("topic %s, key %s, from %s until %s"
                                .formatted(topic, KeyText.of(keyBytes), from, until)))
                .update();
        JdbcClient.StatementSpec find = jdbc.sql(schema.in(FIND))
                .param("topic", topic)
                .param("key", keyBytes)
                .param("from", Timestamp.from(from))
                .param("until", Timestamp.from(until))
                .param("last", last)
                .param("chunk", CHUNK);
        long total = 0;
        List<Kept> chunk = List.of();
        do {
            long after = chunk.isEmpty() ? 0 : chunk.get(chunk.size() - 1).id();
            chunk = find.param("after", after).query((row, number) -> kept(row)).list();
            total += publish(chunk);
            signal.wake();
        } while (chunk.size() == CHUNK);
        return total;
    }

    private static Kept kept(ResultSet row) throws SQLException {
        MessageId id = new MessageId(row.getObject("message_id", UUID.class));
        return new Kept(row.getLong("id"), Lanes.hashOf(row.getBytes("key"), id));
    }

    private int publish(List<Kept> chunk) {
        return jdbc.sql(schema.in(REPLAY))
                .param("ids", chunk.stream().map(Kept::id).toArray(Long[]::new))
                .param("hashes", chunk.stream().map(Kept::hash).toArray(Integer[]::new))
                .update();
    }

    /**
     * Removes some of those that are older.
     *
     * @return whether there may be more
     */
    boolean purge(Duration retention) {
        return jdbc.sql(schema.in(PURGE))
                        .param("seconds", retention.toSeconds())
                        .param("chunk", CHUNK)
                        .update()
                == CHUNK;
    }

    // PostgreSQL's text holds any character but this one
    private static String storable(String text) {
        return text.replace("\0", "\\0");
    }
}
