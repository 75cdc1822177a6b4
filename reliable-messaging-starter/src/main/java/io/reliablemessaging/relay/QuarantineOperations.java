package io.reliablemessaging.relay;

import io.reliablemessaging.MessageId;
import io.reliablemessaging.OutboxQuarantine;
import io.reliablemessaging.QuarantinedKey;
import io.reliablemessaging.outbox.OutboxSignal;
import io.reliablemessaging.schema.Schema;
import io.reliablemessaging.wire.KeyText;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.UUID;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

/** What people say about quarantined messages. It is only written down; the lane's owner acts on it. */
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

    // The command and its record are one statement: nothing is done that is not written down.
    private static final String RELEASE = """
            with noted as (
                    insert into reliable_messaging.operation_log (who, action, target) values (:who::text, :action::text, :target::text)),
                 head as (
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
            with noted as (
                    insert into reliable_messaging.operation_log (who, action, target) values (:who::text, :action::text, :target::text))
            delete from reliable_messaging.outbox_quarantine
             where topic = :topic::text and key is not distinct from :key::bytea
            """;

    private final JdbcClient jdbc;
    private final Schema schema;
    private final OutboxSignal signal;

    QuarantineOperations(DataSource autoCommit, Schema schema, OutboxSignal signal) {
        this.jdbc = JdbcClient.create(autoCommit);
        this.schema = schema;
        this.signal = signal;
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
        return release("release", topic, key, who, 0);
    }

    @Override
    public int skip(String topic, @Nullable String key, String who) {
        return release("skip", topic, key, who, 1);
    }

    private int release(String action, String topic, @Nullable String key, String who, int givenUp) {
        int released = command(RELEASE, action, topic, key, who)
                .param("given", givenUp)
                .update();
        signal.released();
        return released;
    }

    @Override
    public int discard(String topic, @Nullable String key, String who) {
        return command(DISCARD, "discard", topic, key, who).update();
    }

    private JdbcClient.StatementSpec command(
            String sql, String action, String topic, @Nullable String key, String who) {
        byte[] bytes = KeyText.bytes(key);
        return jdbc.sql(schema.in(sql))
                .param("who", who)
                .param("action", action + " quarantined")
                .param("target", (topic + " " + KeyText.of(bytes)).replace("\0", "\\0"))
                .param("topic", topic)
                .param("key", bytes, java.sql.Types.BINARY);
    }
}
