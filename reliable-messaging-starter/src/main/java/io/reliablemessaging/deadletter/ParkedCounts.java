package io.reliablemessaging.deadletter;

import io.reliablemessaging.DeadLetter;
import io.reliablemessaging.DeadLetterDetails.Action;
import io.reliablemessaging.MessageId;
import io.reliablemessaging.MessagingSnapshot.SetAside;
import io.reliablemessaging.schema.Schema;
import java.util.List;
import javax.sql.DataSource;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Counts parked messages and dead letters, and finds those of one message. */
public final class ParkedCounts {

    private static final int MOST = 10_000;

    // one index probe for each group and topic that has any, however many messages they have
    private static final String LISTENED = """
            with recursive listened as (
                (select consumer_group, topic from reliable_messaging.parked_message
                  order by consumer_group, topic limit 1)
                union all
                select next.consumer_group, next.topic
                  from listened
                 cross join lateral (
                       select p.consumer_group, p.topic from reliable_messaging.parked_message p
                        where (p.consumer_group, p.topic) > (listened.consumer_group, listened.topic)
                        order by p.consumer_group, p.topic limit 1) next
            )
            """;

    static final String COUNT = LISTENED + """
            select listened.consumer_group as "group", listened.topic, waiting.messages as waiting, dead.messages as dead
              from listened
             cross join lateral (
                   select pg_catalog.count(*) as messages
                     from (select from reliable_messaging.parked_message p
                            where p.consumer_group = listened.consumer_group and p.topic = listened.topic
                              and p.state = 'WAITING' limit :most::bigint) counted) waiting
             cross join lateral (
                   select pg_catalog.count(*) as messages
                     from (select from reliable_messaging.parked_message p
                            where p.consumer_group = listened.consumer_group and p.topic = listened.topic
                              and p.state = 'DEAD' limit :most::bigint) counted) dead
             order by listened.consumer_group, listened.topic
            """;

    private static final String FIND = LISTENED + """
            select p.id
              from listened
             cross join lateral (
                   select id from reliable_messaging.parked_message p
                    where p.consumer_group = listened.consumer_group and p.topic = listened.topic
                      and p.message_id = :id::uuid
                    limit 1) p
             order by p.id
            """;

    private final JdbcClient jdbc;
    private final String count;
    private final String find;
    private final DeadLetterReader letters;

    ParkedCounts(DataSource autoCommit, Schema schema) {
        this.jdbc = JdbcClient.create(autoCommit);
        this.count = schema.in(COUNT);
        this.find = schema.in(FIND);
        this.letters = new DeadLetterReader(autoCommit, schema);
    }

    /** Counts parked messages and dead letters, by group and topic. */
    public List<SetAside> count() {
        return jdbc.sql(count)
                .param("most", MOST)
                .query((row, number) ->
                        new SetAside(row.getString(1), row.getString(2), row.getLong(3), row.getLong(4)))
                .list();
    }

    /** Finds the parked messages and dead letters of a message, one for each group that failed at it. */
    public List<DeadLetter> find(MessageId id) {
        List<Long> numbers = jdbc.sql(find)
                .param("id", id.value())
                .query((row, number) -> row.getLong(1))
                .list();
        return numbers.stream().flatMap(number -> letters.find(number).stream()).toList();
    }

    /** Reads what people did to a message in a group, the first action first; it may be handled by now. */
    public List<Action> actions(String group, String topic, MessageId id) {
        return letters.actions("%s %s %s".formatted(topic, group, id));
    }
}
