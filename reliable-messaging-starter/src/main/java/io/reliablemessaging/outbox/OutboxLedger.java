package io.reliablemessaging.outbox;

import io.reliablemessaging.MessageId;
import io.reliablemessaging.MessageTrace.Sending;
import io.reliablemessaging.MessageTrace.Sending.Stage;
import io.reliablemessaging.schema.Schema;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

/** What the tables of the outbox know of one message. */
public final class OutboxLedger {

    // One statement, because messages move between these tables. The outbox has no index on the id, which every message
    // would pay for: it is usually empty, and a person may wait.
    private static final String FIND = """
            select 'DELAYED' as stage, topic, partition, null::bigint as "offset", null::timestamptz as since,
                   deliver_at as due_at
              from reliable_messaging.outbox_delayed where message_id = :id
            union all
            select 'OUTBOX', topic, partition, null, created_at, null
              from reliable_messaging.outbox_message where message_id = :id
            union all
            (select 'SENT', topic, coalesce(sent_partition, partition), sent_offset, sent_at, null
               from reliable_messaging.outbox_published where message_id = :id
              order by id desc limit 20)
            """;

    private final JdbcClient jdbc;
    private final String find;

    OutboxLedger(DataSource autoCommit, Schema schema) {
        this.jdbc = JdbcClient.create(autoCommit);
        this.find = schema.in(FIND);
    }

    /** Where the message is, as far as the outbox knows. */
    public List<Sending> find(MessageId id) {
        return jdbc.sql(find)
                .param("id", id.value())
                .query((row, number) -> new Sending(
                        Stage.valueOf(row.getString("stage")),
                        row.getString("topic"),
                        row.getObject("partition", Integer.class),
                        row.getObject("offset", Long.class),
                        instant(row, "since"),
                        instant(row, "due_at"),
                        null))
                .list();
    }

    private static @Nullable Instant instant(ResultSet row, String column) throws SQLException {
        OffsetDateTime value = row.getObject(column, OffsetDateTime.class);
        return value == null ? null : value.toInstant();
    }
}
