package io.reliablemessaging.redrive;

import io.reliablemessaging.DeadLetterQuery;
import io.reliablemessaging.RedriveJob;
import io.reliablemessaging.RedriveJob.State;
import io.reliablemessaging.RedriveRequest;
import io.reliablemessaging.RedriveRequest.Mode;
import io.reliablemessaging.schema.Schema;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Stores redrive jobs. Joins the caller's transaction. */
final class RedriveJobTable {

    private static final String COLUMNS = """
            id, created_at, who, reason, consumer_group, topic, key, error_class, fingerprint, words, parked_after, parked_before,
            most, mode, per_second, stop_above, most_rounds, schedule, state, expected, picked, succeeded, failed, skipped,
            position, last_id, quiet_steps, stop_reason, stopped_by, ended_at,
            extract(epoch from pg_catalog.clock_timestamp() - paced_at)::float8 as since_paced
            """;

    // the first message is due at once
    private static final String INSERT = """
            insert into reliable_messaging.redrive_job (who, reason, consumer_group, topic, key, error_class, fingerprint, words,
                        parked_after, parked_before, most, mode, per_second, stop_above, most_rounds, schedule, scheduled_for,
                        expected, position, last_id, paced_at)
            values (:who::text, :reason::text, :group::text, :topic::text, :key::text, :errorClass::text, :fingerprint::text,
                    :words::text, :parkedAfter::timestamptz, :parkedBefore::timestamptz, :most::int, :mode::text, :perSecond::int,
                    :stopAbove::float8, :mostRounds::int, :schedule::text, :scheduledFor::timestamptz, :expected::int,
                    :position::bigint, :lastId::bigint,
                    pg_catalog.clock_timestamp() - pg_catalog.make_interval(secs => 1.0::float8 / coalesce(:perSecond::int, 1)::float8))
                on conflict (schedule, scheduled_for) do nothing
            returning\s""" + COLUMNS;

    private static final String GET = "select " + COLUMNS + """
              from reliable_messaging.redrive_job where id = :id::bigint
            """;

    private static final String FIND = "select " + COLUMNS + """
              from reliable_messaging.redrive_job where id < :before::bigint order by id desc limit :limit::bigint
            """;

    private static final String IS_UNFINISHED = """
            select exists (select from reliable_messaging.redrive_job
                            where schedule = :schedule::text and state in ('RUNNING', 'PAUSED'))
            """;

    private static final String NEXT = """
            select extract(epoch from pg_catalog.min(next_step_at) - pg_catalog.statement_timestamp())::float8
              from reliable_messaging.redrive_job where next_step_at < 'infinity'
            """;

    // A client that is suspended in the middle of a step must not hold the job for long. Without jit: for a filter by
    // words,
    // PostgreSQL would compile code, which takes longer than the query.
    private static final String LIMITS = """
            select pg_catalog.set_config('idle_in_transaction_session_timeout', '15s', true)
                   || pg_catalog.set_config('statement_timeout', '30s', true)
                   || pg_catalog.set_config('jit', 'off', true)
            """;

    // SKIP LOCKED: another instance takes the step, or a person's command is just changing the job
    private static final String LOCK_DUE = "select " + COLUMNS + """
              from reliable_messaging.redrive_job
             where next_step_at <= pg_catalog.statement_timestamp()
             order by next_step_at limit 1
               for update skip locked
            """;

    // a rate that was not used is lost after a second
    private static final String STORE = """
            update reliable_messaging.redrive_job
               set state = :state::text, picked = :picked::bigint, succeeded = :succeeded::bigint, failed = :failed::bigint,
                   skipped = :skipped::bigint, position = :position::bigint, stop_reason = :stopReason::text,
                   stopped_by = :stoppedBy::text,
                   quiet_steps = case when :changed::boolean then 0 else quiet_steps + 1 end,
                   paced_at = greatest(paced_at, pg_catalog.clock_timestamp() - pg_catalog.make_interval(secs => 1.0::float8))
                            + pg_catalog.make_interval(secs => :now::float8 / coalesce(per_second, 1)::float8),
                   ended_at = case when :state::text in ('STOPPED', 'DONE') then coalesce(ended_at, pg_catalog.clock_timestamp()) end,
                   next_step_at = coalesce(pg_catalog.clock_timestamp() + pg_catalog.make_interval(secs => :pause::float8), 'infinity')
             where id = :id::bigint
            returning\s""" + COLUMNS;

    private static final String CHANGE = """
            update reliable_messaging.redrive_job
               set state = :state::text, stop_reason = :stopReason::text, quiet_steps = 0,
                   ended_at = case when :state::text = 'STOPPED' then pg_catalog.clock_timestamp() end,
                   next_step_at = pg_catalog.clock_timestamp()
             where id = :id::bigint and state in ('RUNNING', 'PAUSED')
            """;

    private static final String POSTPONE = """
            update reliable_messaging.redrive_job
               set next_step_at = pg_catalog.clock_timestamp() + pg_catalog.make_interval(secs => :seconds::float8)
             where id = :id::bigint and next_step_at < 'infinity'
            """;

    private static final String PURGE = """
            delete from reliable_messaging.redrive_job
             where id in (select first.id
                            from (select id, ended_at from reliable_messaging.redrive_job order by id limit 1000) first
                           where first.ended_at < pg_catalog.clock_timestamp() - pg_catalog.make_interval(secs => :seconds::float8))
            """;

    private final JdbcClient jdbc;
    private final Schema schema;

    RedriveJobTable(DataSource autoCommit, Schema schema) {
        this.jdbc = JdbcClient.create(autoCommit);
        this.schema = schema;
    }

    /**
     * A new job.
     *
     * @param expected how many dead letters match
     * @param lastId the newest dead letter that it redrives
     */
    record NewJob(RedriveRequest request, String reason, String who, int expected, long lastId) {}

    /** The schedule that makes a job, and the time for which it does. */
    record Schedule(String name, Instant time) {}

    /**
     * A job whose next step is due.
     *
     * @param position the last dead letter that it has looked at
     * @param lastId the last dead letter that it looks at
     * @param sincePaced seconds since the moment up to which its rate was used
     * @param quietSteps how many steps in a row have changed nothing
     */
    record Due(RedriveJob job, long position, long lastId, double sincePaced, int quietSteps) {

        private static final double LEAST_PAUSE = 0.1;

        /** Selects the dead letters that the job has not looked at. */
        DeadLetterQuery rest() {
            return job.request().query().after(position).limit(null);
        }

        /** Returns how many messages the rate allows now. */
        int rateAllows() {
            Integer perSecond = job.request().perSecond();
            return perSecond == null ? Integer.MAX_VALUE : (int) (Math.min(1, sincePaced) * perSecond + 1e-3);
        }

        /** Returns how many more messages the limit of the request allows, if the step takes so many. */
        int limitAllows(int taken) {
            Integer limit = job.request().query().limit();
            return limit == null ? Integer.MAX_VALUE : (int) Math.max(0, limit - job.picked() - taken);
        }

        /** Returns how long it takes until the rate allows another message, after so many in this step. */
        Duration untilNextPick(int picked) {
            Integer perSecond = job.request().perSecond();
            double rate = perSecond == null ? Double.MAX_VALUE : perSecond;
            double seconds = (picked + 1) / rate - Math.min(1, sincePaced);
            return Duration.ofMillis((long) (1000 * Math.max(LEAST_PAUSE, seconds)));
        }
    }

    /** Stores a job; empty if its schedule has made it already. */
    Optional<RedriveJob> insert(NewJob job, @Nullable Schedule schedule) {
        RedriveRequest request = job.request();
        DeadLetterQuery query = request.query();
        return jdbc.sql(schema(INSERT))
                .param("who", job.who())
                .param("reason", job.reason())
                .param("group", storable(query.group()))
                .param("topic", storable(query.topic()))
                .param("key", storable(query.key()))
                .param("errorClass", storable(query.errorClass()))
                .param("fingerprint", storable(query.fingerprint()))
                .param("words", storable(query.words()))
                .param("parkedAfter", timestamp(query.parkedAfter()), Types.TIMESTAMP_WITH_TIMEZONE)
                .param("parkedBefore", timestamp(query.parkedBefore()), Types.TIMESTAMP_WITH_TIMEZONE)
                .param("most", query.limit())
                .param("mode", request.mode().name())
                .param("perSecond", request.perSecond())
                .param("stopAbove", request.stopAbove())
                .param("mostRounds", request.mostRounds())
                .param("schedule", schedule == null ? null : schedule.name())
                .param(
                        "scheduledFor",
                        timestamp(schedule == null ? null : schedule.time()),
                        Types.TIMESTAMP_WITH_TIMEZONE)
                .param("expected", job.expected())
                .param("position", query.after())
                .param("lastId", job.lastId())
                .query((row, number) -> job(row))
                .optional();
    }

    Optional<RedriveJob> get(long id) {
        return jdbc.sql(schema(GET))
                .param("id", id)
                .query((row, number) -> job(row))
                .optional();
    }

    List<RedriveJob> find(long before, int limit) {
        return jdbc.sql(schema(FIND))
                .param("before", before)
                .param("limit", limit)
                .query((row, number) -> job(row))
                .list();
    }

    /** Whether a job of the schedule runs or is paused. */
    boolean isUnfinished(String schedule) {
        return jdbc.sql(schema(IS_UNFINISHED))
                .param("schedule", schedule)
                .query(Boolean.class)
                .single();
    }

    /** Returns the seconds until the next step of any job is due, 0 or less if one is; empty if no job has a step left. */
    Optional<Double> untilNextStep() {
        return jdbc.sql(schema(NEXT)).query(Double.class).optional();
    }

    /** Locks the job whose step is due for the longest time; empty if none is due, or if others have locked it. */
    Optional<Due> lockDue() {
        jdbc.sql(LIMITS).query(String.class).single();
        return jdbc.sql(schema(LOCK_DUE))
                .query((row, number) -> new Due(
                        job(row),
                        row.getLong("position"),
                        row.getLong("last_id"),
                        row.getDouble("since_paced"),
                        row.getInt("quiet_steps")))
                .optional();
    }

    /**
     * Stores what a step has done.
     *
     * @param pause until the next step; null if none is needed
     */
    RedriveJob store(Progress progress, @Nullable Duration pause) {
        RedriveJob after = progress.after();
        return jdbc.sql(schema(STORE))
                .param("id", after.id())
                .param("state", after.state().name())
                .param("picked", after.picked())
                .param("succeeded", after.succeeded())
                .param("failed", after.failed())
                .param("skipped", after.skipped())
                .param("position", progress.position())
                .param("stopReason", after.stopReason())
                .param("stoppedBy", after.stoppedBy())
                .param("changed", progress.hasChanged())
                .param("now", (double) progress.picked())
                .param("pause", pause == null ? null : pause.toNanos() / 1e9, Types.DOUBLE)
                .query((row, number) -> job(row))
                .single();
    }

    /** Changes the state of a job that has not ended; returns whether there is such a job. */
    boolean change(long id, State state, @Nullable String stopReason) {
        return jdbc.sql(schema(CHANGE))
                        .param("id", id)
                        .param("state", state.name())
                        .param("stopReason", stopReason)
                        .update()
                == 1;
    }

    /** Lets the next step of a job wait. */
    void postpone(long id, Duration pause) {
        jdbc.sql(schema(POSTPONE))
                .param("id", id)
                .param("seconds", (double) pause.toSeconds())
                .update();
    }

    /** Deletes jobs that ended longer ago than this, those of the 1,000 oldest; returns how many. */
    int purge(Duration retention) {
        return jdbc.sql(schema(PURGE))
                .param("seconds", (double) retention.toSeconds())
                .update();
    }

    private String schema(String sql) {
        return schema.in(sql);
    }

    private static RedriveJob job(ResultSet row) throws SQLException {
        return new RedriveJob(
                row.getLong("id"),
                row.getObject("created_at", OffsetDateTime.class).toInstant(),
                row.getString("who"),
                row.getString("reason"),
                request(row),
                row.getString("schedule"),
                State.valueOf(row.getString("state")),
                row.getInt("expected"),
                row.getLong("picked"),
                row.getLong("succeeded"),
                row.getLong("failed"),
                row.getLong("skipped"),
                row.getString("stop_reason"),
                row.getString("stopped_by"),
                instant(row, "ended_at"));
    }

    private static RedriveRequest request(ResultSet row) throws SQLException {
        DeadLetterQuery query = DeadLetterQuery.dead()
                .group(row.getString("consumer_group"))
                .topic(row.getString("topic"))
                .key(row.getString("key"))
                .errorClass(row.getString("error_class"))
                .fingerprint(row.getString("fingerprint"))
                .words(row.getString("words"))
                .parkedAfter(instant(row, "parked_after"))
                .parkedBefore(instant(row, "parked_before"))
                .limit(row.getObject("most", Integer.class));
        return new RedriveRequest(
                query,
                Mode.valueOf(row.getString("mode")),
                row.getObject("per_second", Integer.class),
                row.getObject("stop_above", Double.class),
                row.getObject("most_rounds", Integer.class));
    }

    private static @Nullable Instant instant(ResultSet row, String column) throws SQLException {
        OffsetDateTime value = row.getObject(column, OffsetDateTime.class);
        return value == null ? null : value.toInstant();
    }

    private static @Nullable OffsetDateTime timestamp(@Nullable Instant instant) {
        return instant == null ? null : instant.atOffset(ZoneOffset.UTC);
    }

    // PostgreSQL's text holds any character but this one, so no stored value contains it
    private static @Nullable String storable(@Nullable String text) {
        return text == null ? null : text.replace("\0", "\\0");
    }
}
