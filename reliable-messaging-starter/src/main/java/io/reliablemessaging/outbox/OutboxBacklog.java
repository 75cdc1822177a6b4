package io.reliablemessaging.outbox;

import io.reliablemessaging.schema.Schema;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import javax.sql.DataSource;
import org.springframework.dao.QueryTimeoutException;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * What waits in the outbox, asked of the heads of the lanes: no question here reads the whole table. Dead rows that cannot be
 * vacuumed can make each of them slow all the same; after a limit, it ends with a {@link QueryTimeoutException}.
 */
public final class OutboxBacklog {

    /** Messages of one lane that are counted at most. */
    public static final int MOST = 1_000;

    private static final String LIMITED = OutboxReader.BY_PRIMARY_KEY + """
            , pg_catalog.set_config('statement_timeout', ?::text, true);
            """;

    private static final String OLDEST = LIMITED + """
            select coalesce(extract(epoch from pg_catalog.clock_timestamp()) - extract(epoch from pg_catalog.min(head.created_at)), 0)::float8
              from pg_catalog.generate_series(0, (select lanes from reliable_messaging.application) - 1) as lane (number)
             cross join lateral (
                   select created_at from reliable_messaging.outbox_message
                    where lane = lane.number order by id limit 1) head
            """;

    private static final String LANES = LIMITED + """
            select lane.number, waiting.messages,
                   coalesce(extract(epoch from pg_catalog.clock_timestamp()) - extract(epoch from head.created_at), 0)::float8 as age
              from pg_catalog.generate_series(0, (select lanes from reliable_messaging.application) - 1) as lane (number)
              left join lateral (
                   select created_at from reliable_messaging.outbox_message
                    where lane = lane.number order by id limit 1) head on true
             cross join lateral (
                   select pg_catalog.count(*) as messages
                     from (select from reliable_messaging.outbox_message
                            where lane = lane.number limit ?::bigint) counted) waiting
             order by lane.number
            """;

    private static final String HEADS = LIMITED + """
            select lane.number, head.id, head.topic
              from pg_catalog.generate_series(0, (select lanes from reliable_messaging.application) - 1) as lane (number)
             cross join lateral (
                   select id, topic from reliable_messaging.outbox_message
                    where lane = lane.number order by id limit 1) head
             order by lane.number
            """;

    private static final String DELAYED = LIMITED + """
            select pg_catalog.count(*) from (select from reliable_messaging.outbox_delayed limit ?::bigint) counted
            """;

    private static final int MOST_DELAYED = 10_000;

    private final JdbcTemplate jdbc;
    private final String limit;
    private final String oldest;
    private final String perLane;
    private final String heads;
    private final String delayed;

    /**
     * Makes it.
     *
     * @param limit longest time that a question may take
     */
    OutboxBacklog(DataSource autoCommit, Schema schema, Duration limit) {
        this.limit = Long.toString(limit.toMillis());
        this.jdbc = new JdbcTemplate(autoCommit);
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
        return asked(oldest, row -> duration(row.getDouble(1))).get(0);
    }

    /** What waits in each lane, by number. */
    public List<Lane> lanes() {
        return asked(perLane, row -> new Lane(row.getInt(1), row.getInt(2), duration(row.getDouble(3))), MOST);
    }

    /** The first message of each lane that has any, by lane. */
    public List<Head> heads() {
        return asked(heads, row -> new Head(row.getInt(1), row.getLong(2), row.getString(3)));
    }

    /** How many messages are to be sent later, counted up to 10,000. */
    public long delayed() {
        return asked(delayed, row -> row.getLong(1), MOST_DELAYED).get(0);
    }

    private interface Reading<T> {
        T of(ResultSet row) throws SQLException;
    }

    private <T> List<T> asked(String question, Reading<T> reading, int... parameters) {
        return Objects.requireNonNull(jdbc.execute(question, (PreparedStatement statement) -> {
            statement.setString(1, limit);
            for (int i = 0; i < parameters.length; i++) {
                statement.setInt(i + 2, parameters[i]);
            }
            statement.execute();
            statement.getMoreResults(); // the first one is of the settings
            List<T> answers = new ArrayList<>();
            try (ResultSet rows = statement.getResultSet()) {
                while (rows.next()) {
                    answers.add(reading.of(rows));
                }
            }
            return answers;
        }));
    }

    private static Duration duration(double seconds) {
        return Duration.ofMillis(Math.max(0, Math.round(seconds * 1000)));
    }
}
