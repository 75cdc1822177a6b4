package io.reliablemessaging.quarantine;

import io.reliablemessaging.MessageId;
import io.reliablemessaging.OutboxQuarantine;
import io.reliablemessaging.QuarantinedKey;
import io.reliablemessaging.lanes.OutboxSignal;
import io.reliablemessaging.operationlog.OperationLog;
import io.reliablemessaging.operationlog.OperationLog.Target;
import io.reliablemessaging.schema.Schema;
import io.reliablemessaging.wire.KeyText;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.UUID;
import java.util.function.Supplier;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Stores people's commands on quarantined messages. The owner of the lane carries them out. */
final class QuarantineOperations implements OutboxQuarantine {

    private static final String FIND = """
            select topic, q.key, pg_catalog.count(*) as messages, pg_catalog.min(quarantined_at) as since,
                   not pg_catalog.bool_or(error_class is not null and not released) as released,
                   (pg_catalog.array_agg(message_id order by id))[1] as first,
                   (pg_catalog.array_agg(error_class order by id))[1] as error_class,
                   (pg_catalog.array_agg(error_message order by id))[1] as error_message
              from reliable_messaging.outbox_quarantine q
             group by topic, q.key
             order by since
            """;

    private static final String RELEASE = """
            with head as (
                    select lane, id from reliable_messaging.outbox_quarantine
                     where topic = :topic::text and key is not distinct from :key::bytea
                     order by id limit :given::bigint),
                 gone as (
                    delete from reliable_messaging.outbox_quarantine q using head
                     where q.lane = head.lane and q.id = head.id)
            update reliable_messaging.outbox_quarantine q
               set released = true
             where topic = :topic::text and key is not distinct from :key::bytea
               and not exists (select from head where head.lane = q.lane and head.id = q.id)
            """;

    private static final String DISCARD = """
            delete from reliable_messaging.outbox_quarantine
             where topic = :topic::text and key is not distinct from :key::bytea
            """;

    private final JdbcClient jdbc;
    private final Schema schema;
    private final OutboxSignal signal;
    private final OperationLog log;

    QuarantineOperations(DataSource autoCommit, Schema schema, OutboxSignal signal) {
        this.jdbc = JdbcClient.create(autoCommit);
        this.schema = schema;
        this.signal = signal;
        this.log = new OperationLog(autoCommit, schema);
    }

    @Override
    public List<QuarantinedKey> find() {
        return jdbc.sql(schema.in(FIND))
                .query((row, number) -> new QuarantinedKey(
                        row.getString("topic"),
                        KeyText.of(row.getBytes("key")),
                        row.getInt("messages"),
                        new MessageId(row.getObject("first", UUID.class)),
                        row.getString("error_class"),
                        row.getString("error_message"),
                        row.getObject("since", OffsetDateTime.class).toInstant(),
                        row.getBoolean("released")))
                .list();
    }

    @Override
    public int release(String topic, @Nullable String key, String who) {
        return release(0, topic, key, null, who);
    }

    @Override
    public int release(String topic, @Nullable String key, String reason, String who) {
        return release(0, topic, key, OperationLog.requireReason(reason), who);
    }

    @Override
    public int skip(String topic, @Nullable String key, String who) {
        return release(1, topic, key, null, who);
    }

    @Override
    public int skip(String topic, @Nullable String key, String reason, String who) {
        return release(1, topic, key, OperationLog.requireReason(reason), who);
    }

    private int release(int givenUp, String topic, @Nullable String key, @Nullable String reason, String who) {
        Target target = target(topic, key, reason);
        int released = noted(
                givenUp == 0 ? "release" : "skip",
                target,
                who,
                () -> on(RELEASE, topic, key).param("given", givenUp).update());
        signal.noteReleased();
        return released;
    }

    @Override
    public int discard(String topic, @Nullable String key, String who) {
        return discardAll(topic, key, null, who);
    }

    @Override
    public int discard(String topic, @Nullable String key, String reason, String who) {
        return discardAll(topic, key, OperationLog.requireReason(reason), who);
    }

    private int discardAll(String topic, @Nullable String key, @Nullable String reason, String who) {
        return noted(
                "discard",
                target(topic, key, reason),
                who,
                () -> on(DISCARD, topic, key).update());
    }

    private static Target target(String topic, @Nullable String key, @Nullable String reason) {
        return new Target(topic + " " + KeyText.of(KeyText.bytes(key)), reason);
    }

    private int noted(String action, Target target, String who, Supplier<Integer> command) {
        return log.inTransaction(() -> {
            log.note(who, action + " quarantined", List.of(target));
            return command.get();
        });
    }

    private JdbcClient.StatementSpec on(String sql, String topic, @Nullable String key) {
        return jdbc.sql(schema.in(sql)).param("topic", topic).param("key", KeyText.bytes(key), java.sql.Types.BINARY);
    }
}
