package io.reliablemessaging.published;

import io.reliablemessaging.MessageId;
import io.reliablemessaging.OutboxReplay;
import io.reliablemessaging.lanes.Lanes;
import io.reliablemessaging.lanes.OutboxSignal;
import io.reliablemessaging.operationlog.OperationLog;
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

/** Replays and purges the rows of {@code outbox_published}: sent messages that are retained for a while. */
public final class PublishedMessages implements OutboxReplay {

    private static final int CHUNK = 1000;

    private static final String LAST =
            "select coalesce(pg_catalog.max(id), 0) from reliable_messaging.outbox_published";

    private static final String FIND = """
            select id, message_id, key from reliable_messaging.outbox_published
             where topic = :topic::text and (:key::bytea is null or key = :key::bytea)
               and created_at >= :from::timestamptz and created_at < :until::timestamptz
               and id > :after::bigint and id <= :last::bigint
             order by id limit :chunk::bigint
            """;

    // to its lane by the current number of lanes, which may have grown since the message was sent
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
    private final OperationLog log;

    private record Published(long id, int hash) {}

    public PublishedMessages(DataSource autoCommit, Schema schema, OutboxSignal signal) {
        this.jdbc = JdbcClient.create(autoCommit);
        this.schema = schema;
        this.signal = signal;
        this.log = new OperationLog(autoCommit, schema);
    }

    @Override
    public long replay(String topic, @Nullable String key, Instant from, Instant until, String who) {
        return publishAgain(topic, key, from, until, null, who);
    }

    @Override
    public long replay(String topic, @Nullable String key, Instant from, Instant until, String reason, String who) {
        return publishAgain(topic, key, from, until, OperationLog.requireReason(reason), who);
    }

    private long publishAgain(
            String topic, @Nullable String key, Instant from, Instant until, @Nullable String reason, String who) {
        if (!from.isBefore(until)) {
            throw new IllegalArgumentException(
                    "Replay from %s until %s is refused: the end must be after the beginning".formatted(from, until));
        }
        byte[] keyBytes = KeyText.bytes(key);
        // a replayed message is stored again with a higher id when it is sent: the replay must stop before it
        long last = jdbc.sql(schema.in(LAST)).query(Long.class).single();
        log.note(
                who,
                "replay",
                "topic %s, key %s, from %s until %s".formatted(topic, KeyText.of(keyBytes), from, until),
                reason);
        JdbcClient.StatementSpec find = jdbc.sql(schema.in(FIND))
                .param("topic", topic)
                .param("key", keyBytes)
                .param("from", Timestamp.from(from))
                .param("until", Timestamp.from(until))
                .param("last", last)
                .param("chunk", CHUNK);
        long total = 0;
        List<Published> chunk = List.of();
        do {
            long after = chunk.isEmpty() ? 0 : chunk.get(chunk.size() - 1).id();
            chunk = find.param("after", after)
                    .query((row, number) -> published(row))
                    .list();
            total += insertAgain(chunk);
            signal.wake();
        } while (chunk.size() == CHUNK);
        return total;
    }

    private static Published published(ResultSet row) throws SQLException {
        MessageId id = new MessageId(row.getObject("message_id", UUID.class));
        return new Published(row.getLong("id"), Lanes.hashOf(row.getBytes("key"), id));
    }

    private int insertAgain(List<Published> chunk) {
        return jdbc.sql(schema.in(REPLAY))
                .param("ids", chunk.stream().map(Published::id).toArray(Long[]::new))
                .param("hashes", chunk.stream().map(Published::hash).toArray(Integer[]::new))
                .update();
    }

    /**
     * Deletes a chunk of the messages that are older than this.
     *
     * @return whether more may be left to delete
     */
    boolean purge(Duration retention) {
        return jdbc.sql(schema.in(PURGE))
                        .param("seconds", retention.toSeconds())
                        .param("chunk", CHUNK)
                        .update()
                == CHUNK;
    }
}
