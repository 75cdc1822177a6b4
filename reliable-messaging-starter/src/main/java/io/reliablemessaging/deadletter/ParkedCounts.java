package io.reliablemessaging.deadletter;

import io.reliablemessaging.DeadLetter.State;
import io.reliablemessaging.schema.Schema;
import java.util.List;
import javax.sql.DataSource;
import org.springframework.jdbc.core.JdbcTemplate;

/** How many messages are parked or dead. Looks at one end of an index for each group and topic, however many there are. */
public final class ParkedCounts {

    /** Messages of one group and topic that are counted at most. */
    public static final int MOST = 10_000;

    // From one group and topic to the next along the index of the state: "distinct" would read all of it.
    static final String COUNT = """
            with recursive place (consumer_group, topic) as (
                    (select consumer_group, topic from reliable_messaging.parked_message
                      where state = '${state}'
                      order by consumer_group, topic limit 1)
                    union all
                    select next.consumer_group, next.topic
                      from place
                     cross join lateral (
                           select m.consumer_group, m.topic from reliable_messaging.parked_message m
                            where m.state = '${state}'
                              and (m.consumer_group, m.topic) > (place.consumer_group, place.topic)
                            order by m.consumer_group, m.topic limit 1) next)
            select place.consumer_group, place.topic,
                   (select count(*)
                      from (select from reliable_messaging.parked_message m
                             where m.state = '${state}'
                               and m.consumer_group = place.consumer_group and m.topic = place.topic
                             limit ?) counted) as messages
              from place
            """;

    private final JdbcTemplate jdbc;
    private final Schema schema;

    ParkedCounts(DataSource autoCommit, Schema schema) {
        this.jdbc = new JdbcTemplate(autoCommit);
        this.schema = schema;
    }

    /**
     * Messages of one group and topic.
     *
     * @param group the consumer group
     * @param topic the topic
     * @param messages how many, counted up to {@link #MOST}
     */
    public record Count(String group, String topic, int messages) {}

    /** The messages in this state, where there are any. */
    public List<Count> of(State state) {
        return jdbc.query(
                sql(schema, state),
                (row, number) -> new Count(row.getString(1), row.getString(2), row.getInt(3)),
                MOST);
    }

    // written out, not a parameter: it says which of the partial indexes to use
    static String sql(Schema schema, State state) {
        return schema.in(COUNT.replace("${state}", state.name()));
    }
}
