package io.reliablemessaging.inbox;

import io.reliablemessaging.MessageId;
import io.reliablemessaging.schema.Schema;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import javax.sql.DataSource;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Reads which groups have taken charge of one message. */
public final class InboxLedger {

    // The id is the last column of the only index: one index probe
    // for each group and topic, however many messages they have.
    private static final String FIND = """
            with recursive listened as (
                (select consumer_group, topic from reliable_messaging.inbox_message
                  order by consumer_group, topic limit 1)
                union all
                select next.consumer_group, next.topic
                  from listened
                 cross join lateral (
                       select i.consumer_group, i.topic from reliable_messaging.inbox_message i
                        where (i.consumer_group, i.topic) > (listened.consumer_group, listened.topic)
                        order by i.consumer_group, i.topic limit 1) next
            )
            select i.consumer_group, i.topic, i.received_at
              from listened
             cross join lateral (
                   select * from reliable_messaging.inbox_message i
                    where i.consumer_group = listened.consumer_group and i.topic = listened.topic
                      and i.message_id = :id::uuid
                    limit 1) i
             order by i.consumer_group, i.topic
            """;

    private final JdbcClient jdbc;
    private final String find;

    /**
     * The fact that a group has taken charge of the message.
     *
     * @param group the consumer group
     * @param topic the topic it was read from
     * @param at when it took charge
     */
    public record Taken(String group, String topic, Instant at) {}

    InboxLedger(DataSource autoCommit, Schema schema) {
        this.jdbc = JdbcClient.create(autoCommit);
        this.find = schema.in(FIND);
    }

    /** Finds the groups that have taken charge of the message and still remember it. */
    public List<Taken> find(MessageId id) {
        return jdbc.sql(find)
                .param("id", id.value())
                .query((row, number) -> new Taken(
                        row.getString(1),
                        row.getString(2),
                        row.getObject(3, OffsetDateTime.class).toInstant()))
                .list();
    }
}
