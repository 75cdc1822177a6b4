package io.reliablemessaging.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.intake.Intake;
import io.reliablemessaging.intake.LaneFloorsIT;
import io.reliablemessaging.intake.RowsInFlight;
import io.reliablemessaging.outbox.OutboxReaders;
import io.reliablemessaging.outbox.OutboxRecord;
import io.reliablemessaging.support.HostApplication;
import io.reliablemessaging.test.SharedServers;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * How many rows PostgreSQL visits for readings; not the time that they take. Each test has a database of its own, since a session
 * tells the statistics of what it has read only when it has been idle for ten seconds, or ends.
 */
class IntakeVisitsIT {

    private static final Set<Integer> LANES = IntStream.range(0, 32).boxed().collect(Collectors.toSet());

    private ConfigurableApplicationContext host;
    private JdbcTemplate sql;
    private Intake intake;

    @BeforeEach
    void start() {
        host = HostApplication.onSharedServers(LaneFloorsIT.Host.class)
                .on(SharedServers.postgres(), HostApplication.newDatabase())
                .with("reliable-messaging.relay.enabled=false")
                .run();
        sql = host.getBean(JdbcTemplate.class);
        intake = new Intake(host.getBean(OutboxReaders.class)::open, Duration.ofSeconds(30));
    }

    @AfterEach
    void stop() {
        intake.close();
        host.close();
    }

    @Test
    void aReadingDoesNotWalkOverWhatWaitsForATopicThatIsLeftOut() {
        insert("held", 20_000);
        sql.execute("vacuum reliable_messaging.outbox_message");
        insert("flows", 64);
        RowsInFlight nothing = new RowsInFlight();
        for (int reading = 0; reading < 50; reading++) {
            assertThat(intake.readNext(LANES, nothing, Set.of("held")).rows()).isNotEmpty();
            intake.noteSent(nothing);
        }
        assertVisited(20_000);
    }

    @Test
    void aReadingDoesNotWalkOverWhatIsInFlight() {
        insert("flows", 6_000);
        RowsInFlight rowsInFlight = new RowsInFlight();
        while (rowsInFlight.rows() < 6_000) {
            assertThat(send(rowsInFlight)).isNotEmpty();
        }
        for (int reading = 0; reading < 50; reading++) {
            assertThat(send(rowsInFlight)).isEmpty();
        }
        assertVisited(6_000);
    }

    private List<OutboxRecord> send(RowsInFlight rowsInFlight) {
        List<OutboxRecord> rows = intake.readNext(LANES, rowsInFlight, Set.of()).rows();
        rows.forEach(rowsInFlight::add);
        intake.noteSent(rowsInFlight);
        return rows;
    }

    /** So many rows were visited about once, and not with each reading. */
    private void assertVisited(int rows) {
        intake.close();
        await().atMost(Duration.ofMinutes(1)).until(() -> visited() >= rows);
        assertThat(visited()).isLessThan(3L * rows);
    }

    private long visited() {
        return sql.queryForObject(
                "select idx_tup_fetch from pg_stat_user_tables where relname = 'outbox_message'", Long.class);
    }

    private void insert(String topic, int count) {
        sql.update(
                "insert into reliable_messaging.outbox_message (lane, message_id, topic, value, headers)"
                        + " select n % 32, gen_random_uuid(), ?, 'v', '\\x0000' from generate_series(1, ?) n order by n",
                topic, count);
    }
}
