package io.reliablemessaging.inbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.schema.AutoCommitDataSource;
import io.reliablemessaging.schema.Schema;
import io.reliablemessaging.test.ReliableMessagingTest;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.UUID;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;

/** What the inbox forgets, and when: on a real database. */
@SpringBootTest(
        classes = InboxPurgeIT.Host.class,
        properties = {"spring.application.name=inbox-test", "reliable-messaging.relay.enabled=false"})
@ReliableMessagingTest
class InboxPurgeIT {

    private static final Duration RETENTION = Duration.ofDays(8);

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Host {}

    @Autowired
    JdbcTemplate sql;

    @Autowired
    Schema schema;

    @Autowired
    InboxStatistics statistics;

    @Autowired
    InboxUpkeep upkeep;

    @Autowired
    ListeningGroups listening;

    private final DataSource dataSource;
    private final ListeningGroups groups = new ListeningGroups();

    @Autowired
    InboxPurgeIT(DataSource dataSource) {
        this.dataSource = dataSource;
    }

    @BeforeEach
    void emptyInbox() {
        upkeep.stop(); // turns are taken by the tests
        sql.execute("truncate reliable_messaging.inbox_message, reliable_messaging.inbox_horizon,"
                + " reliable_messaging.parked_message cascade");
        sql.update("update reliable_messaging.inbox_purge set next_block = 0");
        groups.add("billing");
    }

    @Test
    void forgetsWhatWasReceivedBeforeTheRetention() {
        received("billing", Duration.ofDays(9));
        UUID young = received("billing", Duration.ofDays(8).minusHours(1));
        assertThat(turn()).isOne();
        assertThat(remembered()).containsExactly(young);
    }

    @Test
    void leavesTheRowsOfGroupsAloneThatOthersListenIn() {
        UUID others = received("audit", Duration.ofDays(30));
        assertThat(turn()).isZero();
        assertThat(remembered()).containsExactly(others);
    }

    @Test
    void neverForgetsWhatIsParkedOrDead() {
        UUID waiting = received("billing", Duration.ofDays(30));
        UUID dead = received("billing", Duration.ofDays(30));
        parked(waiting, "WAITING");
        parked(dead, "DEAD");
        assertThat(turn()).isZero();
        sql.update("delete from reliable_messaging.parked_message");
        assertThat(turn()).isEqualTo(2);
    }

    @Test
    void oneInstanceTakesItsTurnAndTheNextGoesOnWhereItStopped() {
        // more blocks than one turn walks through
        int rows = 200_000;
        sql.update("insert into reliable_messaging.inbox_message select 'billing', 'orders', gen_random_uuid(),"
                + " now() - interval '9 days' from generate_series(1, " + rows + ")");
        long first = turn();
        assertThat(first).isPositive().isLessThan(rows);
        assertThat(purge().run(() -> false)).as("not due").isZero();
        assertThat(turn()).isEqualTo(rows - first);
        received("billing", Duration.ofDays(9));
        await("it begins again at the first block").until(() -> turn() == 1);
    }

    @Test
    void aStatementReadsItsBlocksOnlyWhateverThePlannerKnows() throws SQLException {
        sql.update("insert into reliable_messaging.inbox_message select 'billing', 'orders', gen_random_uuid(),"
                + " now() from generate_series(1, 100000)");
        assertThat(plan()).contains("Tid Range Scan on inbox_message").doesNotContain("Seq Scan on inbox_message");
        sql.execute("analyze reliable_messaging.inbox_message");
        assertThat(plan()).contains("Tid Range Scan on inbox_message").doesNotContain("Seq Scan on inbox_message");
    }

    @Test
    void aRecordIsTooOldIfItsRowMayHaveBeenForgotten() {
        Instant now = Instant.now();
        assertThat(isTooOld("billing", now.minus(Duration.ofDays(30))))
                .as("nothing was forgotten")
                .isFalse();
        received("billing", Duration.ofDays(20));
        received("billing", Duration.ofDays(1));
        turn();
        assertThat(isTooOld("billing", now.minus(Duration.ofDays(30)))).isTrue();
        assertThat(isTooOld("billing", now.minus(Duration.ofDays(20)))).isTrue();
        assertThat(isTooOld("billing", now.minus(Duration.ofDays(18))))
                .as("unread since the group last received something that is forgotten")
                .isFalse();
        assertThat(isTooOld("billing", now.minus(Duration.ofDays(7)))).isFalse();
        assertThat(isTooOld("audit", now.minus(Duration.ofDays(30)))).isFalse();
        assertThat(isTooOld("billing", Instant.ofEpochMilli(-1)))
                .as("no timestamp")
                .isFalse();
    }

    @Test
    void aYoungRecordIsNotAskedAbout() {
        received("billing", Duration.ofDays(9));
        turn();
        sql.update("update reliable_messaging.inbox_horizon set received_until = now()");
        assertThat(isTooOld("billing", Instant.now().minus(RETENTION).plus(Duration.ofMinutes(5))))
                .isFalse();
    }

    @Test
    void knowsItsSizeAndAgeFromPostgresOwnStatistics() {
        sql.update("insert into reliable_messaging.inbox_message select 'billing', 'orders', gen_random_uuid(),"
                + " now() - interval '1 minute' * g from generate_series(1, 10000) g");
        sql.execute("analyze reliable_messaging.inbox_message");
        OffsetDateTime oldest = sql.queryForObject(
                "select min(received_at) from reliable_messaging.inbox_message", OffsetDateTime.class);
        InboxSize size = statistics.size();
        assertThat(size.rows()).isEqualTo(10_000);
        assertThat(size.bytes()).isGreaterThan(1_000_000);
        assertThat(size.oldest()).isCloseTo(oldest.toInstant(), within(1, ChronoUnit.MINUTES));
    }

    @Test
    void forgetsWhileTheApplicationRuns() {
        listening.add("billing");
        received("billing", Duration.ofDays(9));
        sql.update("update reliable_messaging.inbox_purge set next_at = '-infinity'");
        upkeep.start();
        await().until(() -> remembered().isEmpty());
        upkeep.stop();
        upkeep.start();
        assertThat(upkeep.isRunning()).isTrue();
    }

    /** A turn that is due. */
    private long turn() {
        sql.update("update reliable_messaging.inbox_purge set next_at = '-infinity'");
        return purge().run(() -> false);
    }

    private InboxPurge purge() {
        return new InboxPurge(new AutoCommitDataSource(dataSource), schema, groups, RETENTION);
    }

    private boolean isTooOld(String group, Instant timestamp) {
        return new InboxRetention(dataSource, schema, RETENTION, InstantSource.system())
                .isTooOld(group, "orders", timestamp);
    }

    private UUID received(String group, Duration ago) {
        return sql.queryForObject(
                "insert into reliable_messaging.inbox_message values (?, 'orders', gen_random_uuid(),"
                        + " now() - make_interval(secs => ?)) returning message_id",
                UUID.class,
                group,
                ago.toSeconds());
    }

    private void parked(UUID message, String state) {
        sql.update(
                "insert into reliable_messaging.parked_message (consumer_group, topic, message_id, source_partition,"
                        + " source_offset, headers, state, attempts) values ('billing', 'orders', ?, 0, 0, '', ?, 1)",
                message,
                state);
    }

    private List<UUID> remembered() {
        return sql.queryForList("select message_id from reliable_messaging.inbox_message", UUID.class);
    }

    /** The plan of a prepared statement, which knows none of its parameters. */
    private String plan() throws SQLException {
        String statement = InboxPurge.DELETE
                .replace(":from", "$1")
                .replace(":until", "$2")
                .replace(":seconds", "$3")
                .replace(":groups", "$4");
        try (Connection connection = dataSource.getConnection()) {
            JdbcTemplate session = new JdbcTemplate(new SingleConnectionDataSource(connection, true));
            session.execute("set plan_cache_mode = force_generic_plan");
            session.execute("prepare chunk (text, text, float8, text[]) as " + statement);
            List<String> plan = session.queryForList(
                    "explain execute chunk ('(160,0)', '(176,0)', 691200, array['billing'])", String.class);
            session.execute("discard all");
            return String.join("\n", plan);
        }
    }
}
