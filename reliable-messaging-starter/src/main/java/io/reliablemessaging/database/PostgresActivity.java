package io.reliablemessaging.database;

import io.reliablemessaging.Finding;
import io.reliablemessaging.audit.FindingCode;
import io.reliablemessaging.text.DurationText;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.SimplePropertyRowMapper;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Reads what else goes on in PostgreSQL: standbys that lag behind, and transactions that keep vacuum from cleaning up. */
final class PostgresActivity {

    // only roles with this right see the sessions of others; for all other roles, columns are empty
    private static final String RIGHT = "select pg_catalog.pg_has_role('pg_read_all_stats', 'usage')";

    private static final String STANDBYS = """
            select coalesce(nullif(application_name, ''), 'with pid ' || pid::text) as name,
                   coalesce(sync_state, '') in ('sync', 'quorum') as synchronous,
                   case when extract(epoch from replay_lag) * 1000.0 > :lag::numeric then replay_lag::text end as lag,
                   case when pg_catalog.age(backend_xmin) > :horizon::bigint then pg_catalog.age(backend_xmin) end as held
              from pg_catalog.pg_stat_replication
             where state in ('streaming', 'catchup')
            """;

    private static final String SLOTS = """
            select slot_name as name, pg_catalog.age(xmin) as held from pg_catalog.pg_replication_slots
             where pg_catalog.age(xmin) > :horizon::bigint
            """;

    // Only sessions of this database keep vacuum from cleaning our tables. Autovacuum itself does not.
    private static final String SESSIONS = """
            select pid, usename as role, coalesce(application_name, '') as application, state, xact_start::text as since
              from pg_catalog.pg_stat_activity
             where datname = pg_catalog.current_database()
               and pid <> pg_catalog.pg_backend_pid()
               and (backend_xmin is not null or backend_xid is not null)
               and coalesce(backend_type, '') <> 'autovacuum worker'
               and xact_start < pg_catalog.clock_timestamp() - :age::float8 * interval '1 millisecond'
             order by xact_start
            """;

    private static final String PREPARED = """
            select gid as name, prepared::text as since from pg_catalog.pg_prepared_xacts
             where database = pg_catalog.current_database()
               and prepared < pg_catalog.clock_timestamp() - :age::float8 * interval '1 millisecond'
             order by prepared
            """;

    private final JdbcClient jdbc;
    private final PostgresLimits limits;

    PostgresActivity(JdbcClient jdbc, PostgresLimits limits) {
        this.jdbc = jdbc;
        this.limits = limits;
    }

    private record Standby(
            String name,
            boolean synchronous,
            @Nullable String lag,
            @Nullable Long held) {}

    private record Slot(String name, long held) {}

    private record Session(
            int pid,
            String role,
            String application,
            @Nullable String state,
            @Nullable String since) {}

    private record Prepared(String name, String since) {}

    List<Finding> rights() {
        return jdbc.sql(RIGHT).query(Boolean.class).single()
                ? List.of()
                : List.of(hidden("sessions and standbys of other roles", "this role is not one of pg_read_all_stats"));
    }

    List<Finding> standbys() {
        List<Standby> standbys = jdbc.sql(STANDBYS)
                .param("lag", limits.replayLag().toMillis())
                .param("horizon", limits.horizonAge())
                .query(new SimplePropertyRowMapper<>(Standby.class))
                .list();
        boolean synchronous = standbys.stream().anyMatch(Standby::synchronous);
        List<Finding> findings = new ArrayList<>();
        for (Standby standby : standbys) {
            if (!synchronous) {
                findings.add(
                        FindingCode.STANDBY_ASYNCHRONOUS.finding(
                                "standby " + standby.name(),
                                "asynchronous, and no other is synchronous: promoting it may undo the last commits",
                                "synchronous, if it may become the primary",
                                "Set synchronous_standby_names, or never promote it: transactions that it has not received would be undone."));
            }
            if (standby.lag() != null) {
                findings.add(
                        FindingCode.STANDBY_LAGS.finding(
                                "standby " + standby.name(),
                                standby.lag() + " behind",
                                "at most " + DurationText.of(limits.replayLag()),
                                "Find out what slows it down; a fail-over now would lose the transactions that it has not received."));
            }
            if (standby.held() != null) {
                findings.add(held(
                        "standby " + standby.name(),
                        standby.held() + " transactions",
                        "End its long queries, or set hot_standby_feedback=off there."));
            }
        }
        return findings;
    }

    List<Finding> slots() {
        return jdbc
                .sql(SLOTS)
                .param("horizon", limits.horizonAge())
                .query(new SimplePropertyRowMapper<>(Slot.class))
                .list()
                .stream()
                .map(slot -> held(
                        "replication slot " + slot.name(),
                        slot.held() + " transactions",
                        "Bring its standby back, or drop it with pg_drop_replication_slot."))
                .toList();
    }

    List<Finding> sessions() {
        return jdbc
                .sql(SESSIONS)
                .param("age", limits.transactionAge().toMillis())
                .query(new SimplePropertyRowMapper<>(Session.class))
                .list()
                .stream()
                .map(PostgresActivity::session)
                .toList();
    }

    private static Finding session(Session session) {
        String where = "session %d of role %s".formatted(session.pid(), session.role());
        return held(
                where,
                "%s since %s (%s)".formatted(session.state(), session.since(), session.application()),
                "End its transaction: select pg_terminate_backend(%d)".formatted(session.pid()));
    }

    private static Finding held(String where, String actual, String remedy) {
        return FindingCode.HORIZON_HELD.finding(where, "holds up vacuum: " + actual, "not held up", remedy);
    }

    List<Finding> prepared() {
        return jdbc
                .sql(PREPARED)
                .param("age", limits.transactionAge().toMillis())
                .query(new SimplePropertyRowMapper<>(Prepared.class))
                .list()
                .stream()
                .map(prepared -> FindingCode.PREPARED_TRANSACTION.finding(
                        "prepared transaction " + prepared.name(),
                        "open since " + prepared.since(),
                        "committed or rolled back",
                        "Ask its transaction manager, then commit prepared or rollback prepared '%s'"
                                .formatted(prepared.name())))
                .toList();
    }

    static Finding hidden(String where, String reason) {
        return FindingCode.SESSIONS_HIDDEN.finding(
                where, "not visible (" + reason + ")", "visible", "Grant pg_monitor to this application's role.");
    }
}
