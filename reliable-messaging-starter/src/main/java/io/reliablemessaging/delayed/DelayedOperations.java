package io.reliablemessaging.delayed;

import io.reliablemessaging.DelayedMessage;
import io.reliablemessaging.DelayedMessageNotChangedException;
import io.reliablemessaging.DelayedMessages;
import io.reliablemessaging.MessageId;
import io.reliablemessaging.lanes.LaneNotices;
import io.reliablemessaging.lanes.Lanes;
import io.reliablemessaging.lanes.OutboxSignal;
import io.reliablemessaging.operationlog.OperationLog;
import io.reliablemessaging.operationlog.OperationLog.Target;
import io.reliablemessaging.schema.Schema;
import io.reliablemessaging.wire.KeyText;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Shows delayed messages to people, and carries out what they decide. */
final class DelayedOperations implements DelayedMessages {

    private static final String COLUMNS = """
            select id, message_id, topic, key, deliver_at,
                   (coalesce(pg_catalog.octet_length(value), 0) + pg_catalog.octet_length(headers))::bigint as bytes
              from reliable_messaging.outbox_delayed
            """;

    static final String FIND_ALL = COLUMNS + """
             where id > :after::bigint order by id limit :limit::bigint
            """;

    static final String FIND_TOPIC = COLUMNS + """
             where topic = :topic::text and id > :after::bigint order by id limit :limit::bigint
            """;

    static final String FIND_KEY = COLUMNS + """
             where topic = :topic::text and key_hash = :hash::int and key = :key::bytea and id > :after::bigint
             order by id limit :limit::bigint
            """;

    // the mover may have locked the row: it is waited for, but not for ever. Like every insert of messages, the one
    // that
    // follows lifts synchronous_commit=off
    private static final String PREPARE = """
            select pg_catalog.set_config('lock_timeout', '10s', true),
                   case when pg_catalog.current_setting('synchronous_commit') = 'off'
                        then pg_catalog.set_config('synchronous_commit', 'on', true) end
            """;

    // one statement, so that the message is always in one of the tables
    private static final String SEND_NOW = """
            with moved as (
                delete from reliable_messaging.outbox_delayed where message_id = :id::uuid returning *
            ), put as (
                insert into reliable_messaging.outbox_message (lane, message_id, topic, partition, key, value, headers)
                -- no lane is negative, whatever the hash
                select (key_hash & 2147483647) % (select lanes from reliable_messaging.application),
                       message_id, topic, partition, key, value, headers
                  from moved order by id
            )
            select topic, key_hash & 2147483647 as hash from moved
            """;

    private static final String CANCEL = """
            delete from reliable_messaging.outbox_delayed where message_id = :id::uuid
            returning topic, key_hash & 2147483647 as hash
            """;

    private static final int VERSION_WITH_TIME = 7;

    private final JdbcClient jdbc;
    private final Schema schema;
    private final OperationLog log;
    private final Wake wake;

    /**
     * Wakes who sends what was moved.
     *
     * @param lanes the lanes of keys
     * @param signal wakes the relay of this JVM
     * @param notices announce to other instances; null if that is switched off
     */
    record Wake(Lanes lanes, OutboxSignal signal, @Nullable LaneNotices notices) {

        private void announce(List<Changed> moved) {
            Set<Integer> filled =
                    moved.stream().map(each -> each.hash() % lanes.count()).collect(Collectors.toSet());
            Set<Integer> others = signal.wakeForLanesHere(filled);
            if (notices != null && !others.isEmpty()) {
                notices.announce(others, false);
            }
        }
    }

    private record Changed(String topic, int hash) {}

    DelayedOperations(DataSource autoCommit, Schema schema, Wake wake) {
        this.jdbc = JdbcClient.create(autoCommit);
        this.schema = schema;
        this.log = new OperationLog(autoCommit, schema);
        this.wake = wake;
    }

    @Override
    public List<DelayedMessage> find(@Nullable String topic, @Nullable String key, long after, int limit) {
        if (limit < 1 || limit > LARGEST_PAGE) {
            throw new IllegalArgumentException(
                    "A page of %d delayed messages is refused; ask for 1 to %d, and for the next page with the last number"
                            .formatted(limit, LARGEST_PAGE));
        }
        return select(topic, key)
                .param("after", after)
                .param("limit", limit)
                .query((row, number) -> message(row))
                .list();
    }

    private JdbcClient.StatementSpec select(@Nullable String topic, @Nullable String key) {
        if (topic == null) {
            if (key != null) {
                throw new IllegalArgumentException("Name the topic of the key: keys are looked up by topic");
            }
            return jdbc.sql(schema.in(FIND_ALL));
        }
        byte[] bytes = KeyText.bytes(key);
        return bytes == null
                ? jdbc.sql(schema.in(FIND_TOPIC)).param("topic", topic)
                : jdbc.sql(schema.in(FIND_KEY))
                        .param("topic", topic)
                        .param("hash", Lanes.hashOf(bytes))
                        .param("key", bytes);
    }

    private static DelayedMessage message(ResultSet row) throws SQLException {
        UUID id = row.getObject("message_id", UUID.class);
        return new DelayedMessage(
                row.getLong("id"),
                new MessageId(id),
                row.getString("topic"),
                KeyText.of(row.getBytes("key")),
                row.getObject("deliver_at", OffsetDateTime.class).toInstant(),
                id.version() == VERSION_WITH_TIME ? Instant.ofEpochMilli(id.getMostSignificantBits() >>> 16) : null,
                row.getLong("bytes"));
    }

    @Override
    public void sendNow(MessageId id, String reason, String who) {
        wake.announce(change(SEND_NOW, "send delayed message now", id, reason, who));
    }

    @Override
    public void cancel(MessageId id, String reason, String who) {
        List<Changed> unused = change(CANCEL, "cancel delayed message", id, reason, who);
    }

    private List<Changed> change(String sql, String action, MessageId id, String reason, String who) {
        if (who.isBlank() || reason.isBlank() || (who + reason).indexOf('\0') >= 0) {
            throw new IllegalArgumentException(
                    "Say who decides about the delayed message, and why, without NUL; it is recorded in table operation_log");
        }
        return log.inTransaction(() -> {
            var unused = jdbc.sql(PREPARE).query().singleRow();
            List<Changed> changed = jdbc.sql(schema.in(sql))
                    .param("id", id.value())
                    .query((row, number) -> new Changed(row.getString("topic"), row.getInt("hash")))
                    .list();
            if (changed.isEmpty()) {
                throw new DelayedMessageNotChangedException(
                        "Command '%s' has changed nothing: message %s is not delayed. It was due and has left, was sent now or cancelled by a person (table operation_log), or never existed; MessagingOperations.trace says where it is"
                                .formatted(action, id));
            }
            log.note(
                    who,
                    action,
                    changed.stream()
                            .map(each -> new Target(each.topic() + " " + id, reason))
                            .toList());
            return changed;
        });
    }
}
