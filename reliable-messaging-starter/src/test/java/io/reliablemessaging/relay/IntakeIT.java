package io.reliablemessaging.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.outbox.OutboxReaders;
import io.reliablemessaging.outbox.OutboxRecord;
import io.reliablemessaging.test.ReliableMessagingTest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.jdbc.core.JdbcTemplate;

/** However large the messages are that come next, one reading brings only so much of them into memory. */
@SpringBootTest(
        classes = FloorsIT.Host.class, // and its context
        properties = {"spring.application.name=floors-test", "reliable-messaging.relay.enabled=false"})
@ReliableMessagingTest
class IntakeIT {

    private static final Set<Integer> LANES = IntStream.range(0, 32).boxed().collect(Collectors.toSet());
    private static final int LARGE = 900_000;

    @Autowired
    OutboxReaders readers;

    @Autowired
    JdbcTemplate sql;

    private final InFlight nothing = new InFlight();

    @BeforeEach
    void emptyOutbox() {
        sql.update("delete from reliable_messaging.outbox_message");
    }

    @Test
    void readsABacklogThatTurnsLargeInPieces() {
        insert("n % 32", "repeat('s', 300)", 10_000); // so many of them are read at once by now
        insert("n / 7", "repeat('l', " + LARGE + ")", 100);
        insert("16 + n % 16", "repeat('s', 300)", 3_000); // with higher ids, and read before some of the large ones
        Map<Integer, List<Long>> stored = byLane(sql.query(
                "select lane, id from reliable_messaging.outbox_message order by id",
                (row, number) -> Map.entry(row.getInt(1), row.getLong(2))));

        List<Map.Entry<Integer, Long>> read = new ArrayList<>();
        Intake intake = new Intake(readers::open, Duration.ofSeconds(20));
        while (read.size() < 13_100) {
            Intake.Batch batch = intake.next(LANES, nothing, Set.of());
            assertThat(batch.rows()).as("after %s rows", read.size()).isNotEmpty();
            assertThat(payloads(batch.rows())).isLessThanOrEqualTo(3 * nothing.freeBytes() + LARGE);
            batch.rows().forEach(row -> read.add(Map.entry(row.lane(), row.id())));
            assertThat(batch.more() || read.size() == 13_100).isTrue();
            delete(batch.rows());
            intake.gone(10_000); // so that floors rise, too
        }
        intake.close();
        assertThat(byLane(read)).isEqualTo(stored);
    }

    /** Not by the time that it takes: by the rows that PostgreSQL visits. */
    @Test
    void aReadingDoesNotWalkOverWhatWaitsForATopicThatIsLeftOut() {
        insert("n % 32", "'waits'", 20_000);
        sql.update("update reliable_messaging.outbox_message set topic = 'held'");
        sql.execute("vacuum reliable_messaging.outbox_message");
        insert("n % 32", "'flows'", 64);
        long before = visited();
        Intake intake = new Intake(readers::open, Duration.ofSeconds(30));
        for (int reading = 0; reading < 50; reading++) {
            assertThat(intake.next(LANES, nothing, Set.of("held")).rows()).isNotEmpty();
        }
        intake.close();
        await().atMost(Duration.ofMinutes(1))
                .until(() -> visited() - before >= 2 * 20_000); // to know the floor, it reads twice
        assertThat(visited() - before).isLessThan(4 * 20_000);
    }

    // a session that has read tells the statistics when it has been idle for ten seconds, or ends
    private long visited() {
        return sql.queryForObject(
                "select idx_tup_fetch from pg_stat_user_tables where relname = 'outbox_message'", Long.class);
    }

    private static long payloads(List<OutboxRecord> rows) {
        return rows.stream()
                .mapToLong(
                        row -> row.message().value() == null ? 0 : row.message().value().length)
                .sum();
    }

    private static Map<Integer, List<Long>> byLane(List<Map.Entry<Integer, Long>> rows) {
        Map<Integer, List<Long>> byLane = new LinkedHashMap<>();
        rows.forEach(row ->
                byLane.computeIfAbsent(row.getKey(), lane -> new ArrayList<>()).add(row.getValue()));
        return byLane;
    }

    private void insert(String lane, String value, int count) {
        sql.update("insert into reliable_messaging.outbox_message (lane, message_id, topic, value, headers)"
                + " select " + lane + ", gen_random_uuid(), 't', (" + value
                + ")::bytea, '\\x0000' from generate_series(0, " + (count - 1) + ") n order by n");
    }

    private void delete(List<OutboxRecord> rows) {
        Long[] ids = rows.stream().map(OutboxRecord::id).toArray(Long[]::new);
        sql.update("delete from reliable_messaging.outbox_message where id = any (?)", (Object) ids);
    }
}
