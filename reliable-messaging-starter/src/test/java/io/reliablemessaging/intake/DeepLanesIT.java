package io.reliablemessaging.intake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.outbox.OutboxReaders;
import io.reliablemessaging.outbox.OutboxRecord;
import io.reliablemessaging.support.LogCapture;
import io.reliablemessaging.test.ReliableMessagingTest;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.jdbc.core.JdbcTemplate;

/** However many dead rows an old snapshot keeps, each lane is read in the end, and the others meanwhile. */
@SpringBootTest(
        classes = LaneFloorsIT.Host.class, // and its context
        properties = {"spring.application.name=floors-test", "reliable-messaging.relay.enabled=false"})
@ReliableMessagingTest
class DeepLanesIT {

    private static final int DEAD = 200_000;
    private static final int DEEP = 5;
    private static final int EMPTY = 6;
    private static final int HEALTHY = 7;
    private static final Set<Integer> LANES = Set.of(DEEP, EMPTY, HEALTHY);
    private static final Set<String> NONE = Set.of();

    // no machine reads the dead rows in it
    private static final Duration LIMIT = Duration.ofMillis(20);

    @Autowired
    OutboxReaders readers;

    @Autowired
    JdbcTemplate sql;

    @Autowired
    DataSource dataSource;

    private final RowsInFlight rowsInFlight = new RowsInFlight();
    private final LogCapture log = LogCapture.start();
    private final List<Long> read = new ArrayList<>();
    private Connection snapshot;

    @BeforeEach
    void keepDeadRows() throws SQLException {
        sql.update("truncate reliable_messaging.outbox_message");
        snapshot = dataSource.getConnection();
        snapshot.setAutoCommit(false);
        snapshot.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
        try (Statement statement = snapshot.createStatement()) {
            statement.execute("select count(*) from reliable_messaging.relay_lane");
        }
        sql.update("insert into reliable_messaging.outbox_message (lane, message_id, topic, headers)"
                + " select case when n % 3 = 0 then " + EMPTY + " else " + DEEP
                + " end, gen_random_uuid(), 't', '\\x0000' from generate_series(1, " + DEAD + ") n");
        sql.update("delete from reliable_messaging.outbox_message");
    }

    @AfterEach
    void letGo() throws SQLException {
        log.close();
        snapshot.rollback();
        snapshot.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
        snapshot.setAutoCommit(true);
        snapshot.close();
        sql.update("truncate reliable_messaging.outbox_message");
    }

    @Test
    void aLaneBehindDeadRowsIsReadAndOthersFlowMeanwhile() {
        long deep = insert(DEEP);
        long healthy = insert(HEALTHY);
        Intake intake = new Intake(readers::open, LIMIT);
        readOn(intake, () -> read.contains(deep) && read.contains(healthy));
        assertThat(read).containsExactly(healthy, deep);

        long later = insert(DEEP);
        readOn(intake, () -> read.contains(later));
        awaitAllTogether(intake);
        // each dead row was walked over once
        assertThat(lines("lane by lane")).hasSize(1);
        intake.close();
    }

    @Test
    void aReaderThatIsMadeAnewGoesOnWhereTheLastOneWas() {
        long deep = insert(DEEP);
        Intake intake = new Intake(readers::open, LIMIT);
        readOn(intake, () -> !lines("lane by lane").isEmpty());
        readOn(intake, () -> {
            intake.close(); // after every piece
            return read.contains(deep);
        });
        awaitAllTogether(intake);
        intake.close();
        step(intake);
        assertThat(lines("lane by lane")).hasSize(1);
        intake.close();
    }

    @Test
    void aRowThatIsCommittedLateIsNotPassedOver() throws SQLException {
        Intake intake = new Intake(readers::open, LIMIT);
        try (Connection late = dataSource.getConnection()) {
            late.setAutoCommit(false);
            try (Statement statement = late.createStatement()) {
                statement.execute("insert into reliable_messaging.outbox_message (lane, message_id, topic, headers)"
                        + " values (" + DEEP + ", gen_random_uuid(), 't', '\\x0000')");
            }
            for (int i = 0; i < 200; i++) {
                step(intake);
            }
            assertThat(lines("lane by lane")).isNotEmpty();
            late.commit();
            late.setAutoCommit(true);
        }
        Long id = sql.queryForObject("select id from reliable_messaging.outbox_message", Long.class);
        readOn(intake, () -> read.contains(id));
        intake.close();
    }

    /** Nobody can read it then, and that says nothing about the lanes. */
    @Test
    void aTableThatSomebodyHasLockedIsReadWhenItIsFreeAndNotInPieces() throws SQLException {
        snapshot.rollback();
        sql.update("truncate reliable_messaging.outbox_message");
        long row = insert(HEALTHY);
        Intake intake = new Intake(readers::open, Duration.ofSeconds(1));
        try (Connection other = dataSource.getConnection()) {
            other.setAutoCommit(false);
            try (Statement statement = other.createStatement()) {
                statement.execute("lock table reliable_messaging.outbox_message in access exclusive mode");
            }
            assertThat(intake.readNext(LANES, rowsInFlight, NONE).rows()).isEmpty();
            other.rollback();
            other.setAutoCommit(true);
        }
        assertThat(intake.readNext(LANES, rowsInFlight, NONE).rows())
                .extracting(OutboxRecord::id)
                .containsExactly(row);
        assertThat(lines("lane by lane")).isEmpty();
        intake.close();
    }

    private void awaitAllTogether(Intake intake) {
        readOn(intake, () -> !lines("read together again").isEmpty());
    }

    private void readOn(Intake intake, BooleanSupplier end) {
        await().atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(1))
                .until(() -> {
                    step(intake);
                    return end.getAsBoolean();
                });
    }

    /** One reading; what it brings is sent and deleted at once. */
    private void step(Intake intake) {
        for (OutboxRecord row : intake.readNext(LANES, rowsInFlight, NONE).rows()) {
            read.add(row.id());
            sql.update("delete from reliable_messaging.outbox_message where id = ? and lane = ?", row.id(), row.lane());
        }
    }

    private List<LogCapture.Line> lines(String part) {
        return log.ours(part);
    }

    private long insert(int lane) {
        Long id = sql.queryForObject(
                "insert into reliable_messaging.outbox_message (lane, message_id, topic, headers)"
                        + " values (?, gen_random_uuid(), 't', '\\x0000') returning id",
                Long.class,
                lane);
        return id == null ? 0 : id;
    }
}
