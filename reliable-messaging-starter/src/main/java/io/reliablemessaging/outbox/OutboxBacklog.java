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

    private final JdbcClient jdbc;
    private final Lanes lanes;
    private final String oldest;
    private final String perLane;

    OutboxBacklog(DataSource autoCommit, Schema schema, Lanes lanes) {
        this.jdbc = JdbcClient.create(autoCommit);
        this.lanes = lanes;
        this.oldest = schema.in(OLDEST);
        this.perLane = schema.in(LANES);
    }

    /**
     * What waits in a lane.
     *
     * @param number the lane
     * @param messages how many, counted up to {@link #MOST}
     * @param oldest how long the first has been waiting
     */
    public record Lane(int number, int messages, Duration oldest) {}

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

    private static Duration duration(double seconds) {
        return Duration.ofMillis(Math.max(0, Math.round(seconds * 1000)));
    }
}
