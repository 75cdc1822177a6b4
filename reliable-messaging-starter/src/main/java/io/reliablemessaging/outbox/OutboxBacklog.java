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
 * Queries what waits in the outbox. No query reads the whole table, only the heads of the lanes. Dead rows that cannot
 * be vacuumed can still make a query slow; after a limit it fails with a {@link QueryTimeoutException}.
 */
public final class OutboxBacklog {

    /** Highest count of messages of one lane. */
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
     * Creates the queries.
     *
     * @param limit longest time that a query may take
     */
    public OutboxBacklog(DataSource autoCommit, Schema schema, Duration limit) {
        this.limit = Long.toString(limit.toMillis());
        this.jdbc = new JdbcTemplate(autoCommit);
        this.oldest = schema.in(OLDEST);
        this.perLane = schema.in(LANES);
        this.heads = schema.in(HEADS);
        this.delayed = schema.in(DELAYED);
    }

    /**
     * The backlog of a lane.
     *
     * @param number the lane
     * @param messages number of messages, counted up to {@link #MOST}
     * @param oldest age of the first message
     */
    public record Lane(int number, int messages, Duration oldest) {}

    /**
     * The first message of a lane.
     *
     * @param lane the lane
     * @param id its place in the order of the lane
     * @param topic topic that it is for
     */
    public record Head(int lane, long id, String topic) {}

    /** Returns the age of the oldest message, by the database's clock; zero if the outbox is empty. */
    public Duration oldestAge() {
        return query(oldest, row -> duration(row.getDouble(1))).get(0);
    }

    /** Returns the backlog of each lane, by number. */
    public List<Lane> lanes() {
        return query(perLane, row -> new Lane(row.getInt(1), row.getInt(2), duration(row.getDouble(3))), MOST);
    }

    /** Returns the first message of each lane that has one, by lane. */
    public List<Head> heads() {
        return query(heads, row -> new Head(row.getInt(1), row.getLong(2), row.getString(3)));
    }

    /** Counts the delayed messages, up to 10,000. */
    public long countDelayed() {
        return query(delayed, row -> row.getLong(1), MOST_DELAYED).get(0);
    }

    private interface RowReader<T> {
        T read(ResultSet row) throws SQLException;
    }

    private <T> List<T> query(String sql, RowReader<T> reader, int... parameters) {
        return Objects.requireNonNull(jdbc.execute(sql, (PreparedStatement statement) -> {
            statement.setString(1, limit);
            for (int i = 0; i < parameters.length; i++) {
                statement.setInt(i + 2, parameters[i]);
            }
            statement.execute();
            statement.getMoreResults(); // the first result is that of set_config
            List<T> found = new ArrayList<>();
            try (ResultSet rows = statement.getResultSet()) {
                while (rows.next()) {
                    found.add(reader.read(rows));
                }
            }
            return found;
        }));
    }

    private static Duration duration(double seconds) {
        return Duration.ofMillis(Math.max(0, Math.round(seconds * 1000)));
    }
}
