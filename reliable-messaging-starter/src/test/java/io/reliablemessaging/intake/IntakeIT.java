package io.reliablemessaging.intake;

import static org.assertj.core.api.Assertions.assertThat;

import io.reliablemessaging.MessageId;
import io.reliablemessaging.outbox.OutboxReader.Head;
import io.reliablemessaging.outbox.OutboxReaders;
import io.reliablemessaging.outbox.OutboxRecord;
import io.reliablemessaging.test.ReliableMessagingTest;
import io.reliablemessaging.wire.WireMessage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.jdbc.core.JdbcTemplate;

/** However large the messages are that come next, one reading brings only so much of them into memory. */
@SpringBootTest(
        classes = LaneFloorsIT.Host.class, // and its context
        properties = {"spring.application.name=floors-test", "reliable-messaging.relay.enabled=false"})
@ReliableMessagingTest
class IntakeIT {

    private static final Set<Integer> LANES = IntStream.range(0, 32).boxed().collect(Collectors.toSet());
    private static final int LARGE = 900_000;

    @Autowired
    OutboxReaders readers;

    @Autowired
    JdbcTemplate sql;

    private final RowsInFlight nothing = new RowsInFlight();

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
            Intake.Batch batch = intake.readNext(LANES, nothing, Set.of());
            assertThat(batch.rows()).as("after %s rows", read.size()).isNotEmpty();
            assertThat(payloads(batch.rows())).isLessThanOrEqualTo(3 * nothing.freeBytes() + LARGE);
            batch.rows().forEach(row -> read.add(Map.entry(row.lane(), row.id())));
            assertThat(batch.more() || read.size() == 13_100).isTrue();
            delete(batch.rows());
            intake.noteSent(nothing);
        }
        intake.close();
        assertThat(byLane(read)).isEqualTo(stored);
    }

    @Test
    void whatIsGivenBackIsReadAgain() {
        RowsInFlight rowsInFlight = new RowsInFlight();
        insert("n % 32", "'flows'", 6_000);
        Intake intake = new Intake(readers::open, Duration.ofSeconds(30));
        while (rowsInFlight.rows() < 6_000) {
            assertThat(send(intake, rowsInFlight)).isNotEmpty();
        }
        assertThat(send(intake, rowsInFlight)).isEmpty();
        Long[] ids = rowsInFlight.ids(List.of(new Head(3, 100, 0)), Set.of());
        OutboxRecord some = row(3, ids[ids.length / 2]);
        rowsInFlight.giveBack(some);
        assertThat(send(intake, rowsInFlight)).extracting(OutboxRecord::id).containsExactly(some.id());
        intake.close();
    }

    @Test
    void whatCouldNotBeSentIsReadAgain() {
        RowsInFlight rowsInFlight = new RowsInFlight();
        insert("5", "'flows'", 400);
        Intake intake = new Intake(readers::open, Duration.ofSeconds(30));
        List<Long> refused = new ArrayList<>();
        while (rowsInFlight.rows() + refused.size() < 400) {
            List<OutboxRecord> rows =
                    intake.readNext(LANES, rowsInFlight, Set.of()).rows();
            assertThat(rows).isNotEmpty();
            for (OutboxRecord row : rows) {
                if (rowsInFlight.rows() < 250) {
                    rowsInFlight.add(row);
                } else if (!refused.contains(row.id())) {
                    refused.add(row.id());
                }
            }
            intake.noteSent(rowsInFlight);
        }
        List<Long> read = new ArrayList<>();
        while (read.size() < refused.size()) {
            List<OutboxRecord> again = send(intake, rowsInFlight);
            assertThat(again).isNotEmpty();
            again.forEach(row -> read.add(row.id()));
        }
        assertThat(read).isEqualTo(refused);
        intake.close();
    }

    @Test
    void whatIsGivenBackWhileOthersAreSentIsReadAgain() {
        RowsInFlight rowsInFlight = new RowsInFlight();
        insert("5", "'flows'", 400);
        Intake intake = new Intake(readers::open, Duration.ofSeconds(30));
        while (rowsInFlight.rows() < 100) { // so that the next reading decides from where on to read
            assertThat(send(intake, rowsInFlight)).isNotEmpty();
        }
        intake.readNext(LANES, rowsInFlight, Set.of()).rows().forEach(rowsInFlight::add);
        OutboxRecord first = row(5, rowsInFlight.lowestId(5, Set.of()).orElseThrow());
        rowsInFlight.giveBack(first);
        intake.noteSent(rowsInFlight);
        assertThat(send(intake, rowsInFlight)).extracting(OutboxRecord::id).contains(first.id());
        intake.close();
    }

    private static List<OutboxRecord> send(Intake intake, RowsInFlight rowsInFlight) {
        List<OutboxRecord> rows = intake.readNext(LANES, rowsInFlight, Set.of()).rows();
        rows.forEach(rowsInFlight::add);
        intake.noteSent(rowsInFlight);
        return rows;
    }

    private static OutboxRecord row(int lane, long id) {
        return new OutboxRecord(
                lane,
                id,
                new WireMessage(
                        MessageId.of("00000000-0000-0000-0000-000000000001"),
                        "t",
                        null,
                        null,
                        null,
                        new RecordHeaders()),
                0);
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
