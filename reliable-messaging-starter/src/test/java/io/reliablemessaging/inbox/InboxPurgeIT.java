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
    // just old enough to decide: what is sent again within a day lies below its end
    private static final Duration AGED = Duration.ofDays(7).plusHours(2);
    private static final UUID TOPIC = UUID.randomUUID();

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
        sql.execute("truncate reliable_messaging.inbox_message, reliable_messaging.partition_progress,"
                + " reliable_messaging.partition_checkpoint, reliable_messaging.parked_message cascade");
        sql.update("update reliable_messaging.inbox_purge set next_block = 0");
        groups.add("billing");
        progress("billing", 0, 100);
        checkpoint(0, AGED, 100);
    }

    @Test
    void forgetsWhatWasReceivedBeforeTheRetention() {
        received("billing", Duration.ofDays(9));
        UUID young = received("billing", Duration.ofDays(8).minusHours(1));
        assertThat(turn()).isOne();
        assertThat(remembered()).containsExactly(young);
        assertThat(horizons()).containsExactly(100L);
    }

    @Test
    void forgetsNothingOfATopicWhoseProgressIsNotKnown() {
        sql.execute("truncate reliable_messaging.partition_progress, reliable_messaging.partition_checkpoint");
        received("billing", Duration.ofDays(30));
        assertThat(turn()).isZero();
    }

    @Test
    void forgetsNothingUntilEveryPartitionIsPastWhatWasReadThen() {
        received("billing", Duration.ofDays(30));
        progress("billing", 1, 49);
        checkpoint(1, AGED, 50);
        assertThat(turn()).as("offset 49 of partition 1 is not finished").isZero();
        assertThat(horizons()).containsExactly(0L, 0L);
        sql.update("update reliable_messaging.partition_progress set done_until = 50 where partition = 1");
        assertThat(turn()).isOne();
        assertThat(horizons()).containsExactly(100L, 50L);
    }

    @Test
    void forgetsNothingThatIsYoungerThanTheCheckpointByLessThanADay() {
        sql.execute("truncate reliable_messaging.partition_checkpoint");
        checkpoint(0, Duration.ofDays(20), 10);
        received("billing", Duration.ofDays(20).plusHours(23)); // its copy may lie beyond offset 10
        received("billing", Duration.ofDays(21).plusHours(1));
        assertThat(turn()).isOne();
        assertThat(horizons()).containsExactly(10L);
    }

    @Test
    void theHorizonIsAsOldAsTheRetention() {
        checkpoint(0, Duration.ofDays(9), 40);
        checkpoint(0, Duration.ofDays(1), 90);
        received("billing", Duration.ofDays(30));
        turn();
        assertThat(horizons())
                .as("not 90: what was left out by moving offsets yesterday can be gone back to")
                .containsExactly(100L);
        assertThat(sql.queryForList("select end_offset from reliable_messaging.partition_checkpoint", Long.class))
                .as("that of nine days ago is passed")
                .containsExactlyInAnyOrder(100L, 90L);
    }

    @Test
    void aTopicThatIsGoneHoldsNobodyBack() {
        sql.update("insert into reliable_messaging.partition_progress"
                + " values ('billing', 'orders', gen_random_uuid(), 5, gen_random_uuid(), 3, 0, true)");
        received("billing", Duration.ofDays(30));
        assertThat(turn()).isOne();
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
        return new InboxPurge(new AutoCommitDataSource(dataSource), schema, groups, new InboxRetention(RETENTION));
    }

    private void progress(String group, int partition, long doneUntil) {
        sql.update(
                "insert into reliable_messaging.partition_progress values (?, 'orders', ?, ?, gen_random_uuid(), ?)",
                group,
                TOPIC,
                partition,
                doneUntil);
    }

    private void checkpoint(int partition, Duration ago, long end) {
        sql.update(
                "insert into reliable_messaging.partition_checkpoint"
                        + " values ('billing', 'orders', ?, ?, now() - make_interval(secs => ?), ?)",
                TOPIC,
                partition,
                ago.toSeconds(),
                end);
    }

    private List<Long> horizons() {
        return sql.queryForList(
                "select forgotten_until from reliable_messaging.partition_progress order by partition", Long.class);
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
                        + " source_offset, queue, headers, state, attempts) values ('billing', 'orders', ?, 0, 0, ?, '', ?, 1)",
                message,
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
                .replace(":groups", "$3")
                .replace(":topics", "$4")
                .replace(":limits", "$5");
        try (Connection connection = dataSource.getConnection()) {
            JdbcTemplate session = new JdbcTemplate(new SingleConnectionDataSource(connection, true));
            session.execute("set plan_cache_mode = force_generic_plan");
            session.execute("prepare chunk (text, text, text[], text[], timestamptz[]) as " + statement);
            List<String> plan = session.queryForList(
                    "explain execute chunk ('(160,0)', '(176,0)', array['billing'], array['orders'], array[now()])",
                    String.class);
            session.execute("discard all");
            return String.join("\n", plan);
        }
    }
}
