package io.reliablemessaging.intake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.MessageId;
import io.reliablemessaging.outbox.OutboxReader;
import io.reliablemessaging.outbox.OutboxReader.Head;
import io.reliablemessaging.outbox.OutboxReaders;
import io.reliablemessaging.outbox.OutboxRecord;
import io.reliablemessaging.support.NoPreflight;
import io.reliablemessaging.test.ReliableMessagingTest;
import io.reliablemessaging.wire.WireMessage;
import java.sql.Connection;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import javax.sql.DataSource;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;

/** The floor never rises past a row that may still appear. On a real database: the order of its locks is what counts. */
@SpringBootTest(
        classes = LaneFloorsIT.Host.class,
        properties = {"spring.application.name=floors-test", "reliable-messaging.relay.enabled=false"})
@ReliableMessagingTest
public class LaneFloorsIT {

    private static final int LANE = 5;
    private static final Set<Integer> LANES = Set.of(LANE);
    private static final Set<String> NONE = Set.of();
    private static final Map<Integer, Long> TO_THE_END = Map.of(LANE, Long.MAX_VALUE);
    private static final OutboxRecord NOT_HERE = new OutboxRecord(
            LANE,
            0,
            new WireMessage(
                    MessageId.of("00000000-0000-0000-0000-000000000001"),
                    "t",
                    null,
                    null,
                    new byte[0],
                    new RecordHeaders()),
            0);

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    @Import(NoPreflight.class)
    public static class Host {}

    @Autowired
    OutboxReaders readers;

    @Autowired
    JdbcTemplate sql;

    @Autowired
    DataSource dataSource;

    private final LaneFloors laneFloors = new LaneFloors();
    private final RowsInFlight rowsInFlight = new RowsInFlight();

    @BeforeEach
    void emptyOutbox() {
        sql.update("delete from reliable_messaging.outbox_message");
    }

    @Test
    void risesToTheLastIdSeenOnceNothingIsLeft() {
        try (OutboxReader reader = readers.open()) {
            long id = insert("'x'");
            sql.update("delete from reliable_messaging.outbox_message");
            raise(reader, rowsInFlight);
            assertThat(laneFloors.readAfter(LANE, NONE)).isEqualTo(id);
        }
    }

    /** What is in flight is not walked over, and read again once it is given up. */
    @Test
    void passesWhatIsInFlightAndComesBackForIt() {
        try (OutboxReader reader = readers.open()) {
            long first = insert("'in flight'");
            long second = insert("'in flight, too'");
            rowsInFlight.add(row(reader, first));
            rowsInFlight.add(row(reader, second));
            raise(reader, rowsInFlight);
            assertThat(laneFloors.readAfter(LANE, NONE)).isEqualTo(second);
            laneFloors.forgetMarks();
            assertThat(laneFloors.readAfter(LANE, NONE)).isEqualTo(first - 1);
        }
    }

    @Test
    void staysBelowWhatIsLeft() {
        try (OutboxReader reader = readers.open()) {
            rowsInFlight.add(row(reader, insert("'in flight'")));
            long left = insert("'left'");
            insert("'left, too'");
            raise(reader, rowsInFlight);
            assertThat(laneFloors.readAfter(LANE, NONE)).isEqualTo(left - 1);
        }
    }

    @Test
    void staysAtTheEndOfWhatWasRead() {
        try (OutboxReader reader = readers.open()) {
            long last = insert("'read'");
            insert("'not read'");
            rowsInFlight.add(row(reader, last));
            assertThat(isRipe(reader, NONE)).isTrue();
            laneFloors.raise(Map.of(LANE, last), List.of(), rowsInFlight, NONE);
            assertThat(laneFloors.readAfter(LANE, NONE)).isEqualTo(last);
        }
    }

    /**
     * An INSERT has drawn its row id and has no transaction id yet: no snapshot knows of it, and a floor by "xmin" would
     * rise past its row.
     */
    @Test
    void waitsForAnInsertThatHasItsRowIdButNoTransactionIdYet() throws Exception {
        try (OutboxReader reader = readers.open();
                Connection gate = dataSource.getConnection()) {
            JdbcTemplate atGate = new JdbcTemplate(new SingleConnectionDataSource(gate, true));
            // some ids are logged, and that alone would give the insert a transaction id: let the next one be none of
            // those
            do {
                insert("'logs the sequence'");
            } while (sql.queryForObject("select log_cnt from reliable_messaging.outbox_message_id_seq", Integer.class)
                    == 0);
            sql.update("delete from reliable_messaging.outbox_message");
            atGate.queryForList("select pg_advisory_lock(77)");
            CompletableFuture<Long> late = CompletableFuture.supplyAsync(
                    () -> insert("case when pg_advisory_lock(77) is null then 'x' else 'late' end"));
            await().until(() -> sql.queryForObject(
                            "select count(*) from pg_stat_activity where wait_event = 'advisory' and backend_xid is null"
                                    + " and datname = current_database()",
                            Integer.class)
                    == 1);
            long higher = insert("'early'");
            assertThat(isRipe(reader, NONE))
                    .as("the late insert holds its lock")
                    .isFalse();
            sql.update("delete from reliable_messaging.outbox_message");
            assertThat(isRipe(reader, NONE))
                    .as("the late insert still holds its lock")
                    .isFalse();

            atGate.queryForList("select pg_advisory_unlock(77)");
            long lower = late.get();
            assertThat(lower).isLessThan(higher);
            assertThat(isRipe(reader, NONE)).isTrue();
            List<OutboxRecord> left = read(reader);
            assertThat(left).extracting(OutboxRecord::id).containsExactly(lower);
            laneFloors.raise(TO_THE_END, left, rowsInFlight, NONE);
            assertThat(laneFloors.readAfter(LANE, NONE)).isEqualTo(lower - 1);
        }
    }

    /** While others write all the time: those who wrote at the time of one look have ended at the next. */
    @Test
    void risesByOneLookWhileSomebodyWritesAtEachLook() throws Exception {
        try (OutboxReader reader = readers.open();
                Connection one = dataSource.getConnection();
                Connection other = dataSource.getConnection()) {
            one.setAutoCommit(false);
            other.setAutoCommit(false);
            write(one);
            long seen = insert("'x'");
            assertThat(isRipe(reader, NONE)).as("one writes").isFalse();
            write(other);
            one.commit();
            assertThat(isRipe(reader, NONE))
                    .as("one has ended, another one writes")
                    .isTrue();
            laneFloors.raise(TO_THE_END, List.of(), rowsInFlight, NONE);
            assertThat(laneFloors.readAfter(LANE, NONE)).isEqualTo(seen);
            other.rollback();
        }
    }

    private static void write(Connection connection) throws Exception {
        try (Statement statement = connection.createStatement()) {
            statement.execute("delete from reliable_messaging.outbox_message where id = -1");
        }
    }

    @Test
    void forgetsTheFloorOfALaneThatWasLost() {
        try (OutboxReader reader = readers.open()) {
            insert("'x'");
            sql.update("delete from reliable_messaging.outbox_message");
            raise(reader, rowsInFlight);
            assertThat(laneFloors.readAfter(LANE, NONE)).isPositive();
            laneFloors.retain(Set.of());
            assertThat(laneFloors.readAfter(LANE, NONE)).isZero();
        }
    }

    /** A held topic's backlog is at the head of the lane: readings of the others begin behind it. */
    @Test
    void risesPastATopicThatIsLeftOut() {
        Set<String> leftOut = Set.of("held");
        try (OutboxReader reader = readers.open()) {
            long held = insertTo("held");
            long other = insert("'x'");
            sql.update("delete from reliable_messaging.outbox_message where id = ?", other);
            assertThat(isRipe(reader, leftOut)).isTrue();
            laneFloors.raise(TO_THE_END, read(reader, leftOut), rowsInFlight, leftOut);
            assertThat(laneFloors.readAfter(LANE, leftOut)).isEqualTo(other);
            assertThat(laneFloors.readAfter(LANE, Set.of("held", "and another")))
                    .isEqualTo(other);
            assertThat(laneFloors.readAfter(LANE, NONE))
                    .as("for readings of all")
                    .isZero();
            assertThat(laneFloors.readAfter(LANE, Set.of("another"))).isZero();

            long newer = insertTo("held");
            assertThat(isRipe(reader, leftOut)).isTrue();
            laneFloors.raise(TO_THE_END, read(reader, leftOut), rowsInFlight, leftOut);
            assertThat(laneFloors.readAfter(LANE, leftOut))
                    .as("nothing else was read, but this id was drawn before")
                    .isEqualTo(newer);
            assertThat(read(reader)).extracting(OutboxRecord::id).containsExactly(held, newer);
        }
    }

    private void raise(OutboxReader reader, RowsInFlight sent) {
        assertThat(isRipe(reader, NONE)).isTrue();
        List<OutboxRecord> left =
                read(reader).stream().filter(row -> !sent.contains(row)).toList();
        laneFloors.raise(TO_THE_END, left, sent, NONE);
    }

    /** Looks, as it is done after so many rows. */
    private boolean isRipe(OutboxReader reader, Set<String> leftOut) {
        List<OutboxRecord> rows = read(reader, leftOut);
        for (int reading = 0; reading < 100; reading++) {
            laneFloors.noteRead(rows.isEmpty() ? List.of(NOT_HERE) : rows);
        }
        return laneFloors.advanceCandidate(reader, LANES, leftOut);
    }

    private OutboxRecord row(OutboxReader reader, long id) {
        return reader.heads(List.of(new Head(LANE, 100, 0)), new Long[0], NONE, 1 << 20).rows().stream()
                .filter(row -> row.id() == id)
                .findFirst()
                .orElseThrow();
    }

    private long insertTo(String topic) {
        long id = insert("'x'");
        sql.update("update reliable_messaging.outbox_message set topic = ? where id = ?", topic, id);
        return id;
    }

    private List<OutboxRecord> read(OutboxReader reader, Set<String> leftOut) {
        return reader.heads(
                        List.of(new Head(LANE, 100, laneFloors.readAfter(LANE, leftOut))),
                        new Long[0],
                        leftOut,
                        1 << 20)
                .rows();
    }

    private List<OutboxRecord> read(OutboxReader reader) {
        return reader.heads(List.of(new Head(LANE, 100, laneFloors.readAfter(LANE, NONE))), new Long[0], NONE, 1 << 20)
                .rows();
    }

    private long insert(String valueExpression) {
        return sql.queryForObject(
                "insert into reliable_messaging.outbox_message (lane, message_id, topic, value, headers)"
                        + " values (" + LANE + ", gen_random_uuid(), 't', (" + valueExpression
                        + ")::text::bytea, '\\x0000') returning id",
                Long.class);
    }
}
