package io.reliablemessaging.outbox;

import io.reliablemessaging.MessageId;
import io.reliablemessaging.MessageTrace.Sending;
import io.reliablemessaging.MessageTrace.Sending.Stage;
import io.reliablemessaging.schema.Schema;
import io.reliablemessaging.wire.HeaderBytes;
import io.reliablemessaging.wire.WireHeaders;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Collection;
import java.util.List;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Finds a message by its id in the tables of the outbox. */
public final class OutboxLedger {

    // One statement, because messages move between these tables. The outbox has no index on the message id, since every
    // message would pay for it: the table is usually empty, and a person can wait.
    private static final String FIND = """
            select 'DELAYED' as stage, topic, partition, null::bigint as "offset", null::timestamptz as since,
                   deliver_at as due_at
              from reliable_messaging.outbox_delayed where message_id = :id::uuid
            union all
            select 'OUTBOX', topic, partition, null, created_at, null
              from reliable_messaging.outbox_message where message_id = :id::uuid
            union all
            (select 'SENT', topic, coalesce(sent_partition, partition), sent_offset, sent_at, null
               from reliable_messaging.outbox_published where message_id = :id::uuid
              order by id desc limit 20)
            """;

    // The record of a dead letter has its own id; the failed message's id is in its headers. Dead-letter topics have
    // few messages.
    private static final String FIND_DEAD_LETTERS = """
            select 'OUTBOX' as stage, topic, partition, null::bigint as "offset", created_at as since,
                   null::timestamptz as due_at
              from reliable_messaging.outbox_message
             where topic = any (:topics::text[]) and position(:header::bytea in headers) > 0
            union all
            (select 'SENT', topic, coalesce(sent_partition, partition), sent_offset, sent_at, null
               from reliable_messaging.outbox_published
              where topic = any (:topics::text[]) and position(:header::bytea in headers) > 0
              order by id desc limit 20)
            """;

    // a caller gets a timeout, instead of waiting as long as a table full of dead rows may take
    private static final int LIMIT_SECONDS = 30;

    private final JdbcClient jdbc;
    private final String find;
    private final String findDeadLetters;

    public OutboxLedger(DataSource autoCommit, Schema schema) {
        JdbcTemplate template = new JdbcTemplate(autoCommit);
        template.setQueryTimeout(LIMIT_SECONDS);
        this.jdbc = JdbcClient.create(template);
        this.find = schema.in(FIND);
        this.findDeadLetters = schema.in(FIND_DEAD_LETTERS);
    }

    /** Finds where a message is, in the tables of the outbox. */
    public List<Sending> find(MessageId id) {
        return jdbc.sql(find)
                .param("id", id.value())
                .query((row, number) -> sending(row))
                .list();
    }

    /** Finds the dead-letter records of a failed message, among messages for these dead-letter topics. */
    public List<Sending> findDeadLetters(MessageId failed, Collection<String> topics) {
        return jdbc.sql(findDeadLetters)
                .param("topics", topics.toArray(String[]::new))
                .param("header", HeaderBytes.partOf(WireHeaders.DLT_MESSAGE_ID, failed.toString()))
                .query((row, number) -> sending(row))
                .list();
    }

    private static Sending sending(ResultSet row) throws SQLException {
        return new Sending(
                Stage.valueOf(row.getString("stage")),
                row.getString("topic"),
                row.getObject("partition", Integer.class),
                row.getObject("offset", Long.class),
                instant(row, "since"),
                instant(row, "due_at"),
                null);
    }

    private static @Nullable Instant instant(ResultSet row, String column) throws SQLException {
        OffsetDateTime value = row.getObject(column, OffsetDateTime.class);
        return value == null ? null : value.toInstant();
    }
}
