package io.reliablemessaging.outbox;

import io.reliablemessaging.schema.Schema;
import java.time.Duration;
import java.util.List;
import javax.sql.DataSource;
import org.springframework.jdbc.core.simple.JdbcClient;

/** What waits in the outbox, asked of the heads of the lanes: no question here reads the whole table. */
public final class OutboxBacklog {

    /** Messages of one lane that are counted at most. */
    public static final int MOST = 1_000;

    private static final String OLDEST = """
            select coalesce(extract(epoch from clock_timestamp() - min(head.created_at)), 0)::float8
              from generate_series(0, :lanes - 1) as lane (number)
             cross join lateral (
                   select created_at from reliable_messaging.outbox_message
                    where lane = lane.number order by id limit 1) head
            """;

    private static final String LANES = """
            select lane.number, waiting.messages,
                   coalesce(extract(epoch from clock_timestamp() - head.created_at), 0)::float8 as age
              from generate_series(0, :lanes - 1) as lane (number)
              left join lateral (
                   select created_at from reliable_messaging.outbox_message
                    where lane = lane.number order by id limit 1) head on true
             cross join lateral (
                   select count(*) as messages
                     from (select from reliable_messaging.outbox_message
                            where lane = lane.number limit :most) counted) waiting
             order by lane.number
            """;

    private static final String HEADS = """
            select lane.number, head.id, head.topic
              from generate_series(0, :lanes - 1) as lane (number)
             cross join lateral (
                   select id, topic from reliable_messaging.outbox_message
                    where lane = lane.number order by id limit 1) head
             order by lane.number
            """;

    private static final String DELAYED = """
            select count(*) from (select from reliable_messaging.outbox_delayed limit :most) counted
            """;

    private static final int MOST_DELAYED = 10_000;

    private final JdbcClient jdbc;
    private final Lanes lanes;
    private final String oldest;
    private final String perLane;
    private final String heads;
    private final String delayed;

    OutboxBacklog(DataSource autoCommit, Schema schema, Lanes lanes) {
        this.jdbc = JdbcClient.create(autoCommit);
        this.lanes = lanes;
        this.oldest = schema.in(OLDEST);
        this.perLane = schema.in(LANES);
        this.heads = schema.in(HEADS);
        this.delayed = schema.in(DELAYED);
    }

    /**
     * What waits in a lane.
     *
     * @param number the lane
     * @param messages how many, counted up to {@link #MOST}
     * @param oldest how long the first has been waiting
     */
    public record Lane(int number, int messages, Duration oldest) {}

    /**
     * The first message of a lane.
     *
     * @param lane the lane
     * @param id its place in the order of the lane
     * @param topic where it is to go
     */
    public record Head(int lane, long id, String topic) {}

    /** How long the oldest message has been waiting; nothing if none is. By the database's clock. */
    public Duration oldest() {
        return duration(jdbc.sql(oldest)
                .param("lanes", lanes.count())
                .query(Double.class)
                .single());
    }

    /** What waits in each lane, by number. */
    public List<Lane> lanes() {
        return jdbc.sql(perLane)
                .param("lanes", lanes.count())
                .param("most", MOST)
                .query((row, place) -> new Lane(row.getInt(1), row.getInt(2), duration(row.getDouble(3))))
                .list();
    }

    /** The first message of each lane that has any, by lane. */
    public List<Head> heads() {
        return jdbc.sql(heads)
                .param("lanes", lanes.count())
                .query((row, place) -> new Head(row.getInt(1), row.getLong(2), row.getString(3)))
                .list();
    }

    /** How many messages are to be sent later, counted up to 10,000. */
    public long delayed() {
        return jdbc.sql(delayed).param("most", MOST_DELAYED).query(Long.class).single();
    }

    private static Duration duration(double seconds) {
        return Duration.ofMillis(Math.max(0, Math.round(seconds * 1000)));
    }
}
