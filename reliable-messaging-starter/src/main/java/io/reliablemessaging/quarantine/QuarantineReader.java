package io.reliablemessaging.quarantine;

import io.reliablemessaging.MessageId;
import io.reliablemessaging.MessageTrace.Sending;
import io.reliablemessaging.MessageTrace.Sending.Stage;
import io.reliablemessaging.schema.Schema;
import java.time.OffsetDateTime;
import java.util.List;
import javax.sql.DataSource;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Reads the quarantine for people. */
public final class QuarantineReader {

    private static final int MOST = 10_000;

    private static final String COUNT = """
            select pg_catalog.count(*) as messages, pg_catalog.count(distinct (topic, key)) as keys
              from (select topic, key from reliable_messaging.outbox_quarantine limit :most::bigint) counted
            """;

    private static final String FIND = """
            select topic, partition, quarantined_at, error_class, error_message
              from reliable_messaging.outbox_quarantine where message_id = :id::uuid
             order by lane, id
            """;

    private final JdbcClient jdbc;
    private final String count;
    private final String find;

    /**
     * The size of the quarantine.
     *
     * @param messages number of messages, counted up to 10,000
     * @param keys number of their keys
     */
    public record Count(long messages, long keys) {}

    public QuarantineReader(DataSource autoCommit, Schema schema) {
        this.jdbc = JdbcClient.create(autoCommit);
        this.count = schema.in(COUNT);
        this.find = schema.in(FIND);
    }

    public Count count() {
        return jdbc.sql(count).param("most", MOST).query(Count.class).single();
    }

    /** Finds a message, if it is in quarantine. */
    public List<Sending> find(MessageId id) {
        return jdbc.sql(find)
                .param("id", id.value())
                .query((row, number) -> new Sending(
                        Stage.QUARANTINE,
                        row.getString("topic"),
                        row.getObject("partition", Integer.class),
                        null,
                        row.getObject("quarantined_at", OffsetDateTime.class).toInstant(),
                        null,
                        row.getString("error_class") == null
                                ? null
                                : "%s: %s".formatted(row.getString("error_class"), row.getString("error_message"))))
                .list();
    }
}
