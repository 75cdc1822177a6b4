package io.reliablemessaging.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.outbox.OutboxReader;
import io.reliablemessaging.outbox.OutboxReader.Head;
import io.reliablemessaging.outbox.OutboxReaders;
import io.reliablemessaging.outbox.OutboxRecord;
import io.reliablemessaging.support.NoPreflight;
import io.reliablemessaging.test.ReliableMessagingTest;
import java.sql.Connection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import javax.sql.DataSource;
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
        classes = FloorsIT.Host.class,
        properties = {"spring.application.name=floors-test", "reliable-messaging.relay.enabled=false"})
@ReliableMessagingTest
class FloorsIT {

    private static final int LANE = 5;
    private static final Set<Integer> LANES = Set.of(LANE);

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    @Import(NoPreflight.class)
    static class Host {}

    @Autowired
    OutboxReaders readers;

    @Autowired
    JdbcTemplate sql;

    @Autowired
    DataSource dataSource;

    private final Floors floors = new Floors();
    private final InFlight inFlight = new InFlight();

    @BeforeEach
    void emptyOutbox() {
        sql.update("delete from reliable_messaging.outbox_message");
    }

    @Test
    void risesToTheLastIdSeenOnceNothingIsLeft() {
        try (OutboxReader reader = readers.open()) {
            long id = insert("'x'");
            floors.seen(read(reader));
            floors.gone(10_000);
            assertThat(floors.ripe(reader, LANES)).isFalse();
            sql.update("delete from reliable_messaging.outbox_message");
            assertThat(floors.ripe(reader, LANES)).isTrue();
            floors.raise(LANES, read(reader), inFlight);
            assertThat(floors.of(LANE)).isEqualTo(id);
        }
    }

    @Test
    void staysBelowWhatIsLeftAndWhatIsInFlight() {
        try (OutboxReader reader = readers.open()) {
            long first = insert("'in flight'");
            long second = insert("'left'");
            insert("'last'");
            List<OutboxRecord> rows = read(reader);
            floors.seen(rows);
            floors.gone(10_000);
            assertThat(floors.ripe(reader, LANES)).isFalse();
            assertThat(floors.ripe(reader, LANES)).isTrue();
            inFlight.add(rows.get(0));
            floors.raise(LANES, rows.subList(1, 3), inFlight);
            assertThat(floors.of(LANE)).isEqualTo(first - 1);

            inFlight.remove(rows.get(0));
            floors.gone(10_000);
            assertThat(floors.ripe(reader, LANES)).isFalse();
            assertThat(floors.ripe(reader, LANES)).isTrue();
            floors.raise(LANES, rows.subList(1, 3), inFlight);
            assertThat(floors.of(LANE)).isEqualTo(second - 1);
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
            // every 32nd id is logged, and that alone would give the insert a transaction id: let this one be such an
            // id
            insert("'logs the sequence'");
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
            floors.seen(read(reader));
            floors.gone(10_000);
            assertThat(floors.ripe(reader, LANES)).isFalse();
            sql.update("delete from reliable_messaging.outbox_message");
            assertThat(floors.ripe(reader, LANES))
                    .as("the late insert still holds its lock")
                    .isFalse();

            atGate.queryForList("select pg_advisory_unlock(77)");
            long lower = late.get();
            assertThat(lower).isLessThan(higher);
            assertThat(floors.ripe(reader, LANES)).isTrue();
            List<OutboxRecord> left = read(reader);
            assertThat(left).extracting(OutboxRecord::id).containsExactly(lower);
            floors.raise(LANES, left, inFlight);
            assertThat(floors.of(LANE)).isEqualTo(lower - 1);
        }
    }

    @Test
    void forgetsTheFloorOfALaneThatWasLost() {
        try (OutboxReader reader = readers.open()) {
            insert("'x'");
            floors.seen(read(reader));
            floors.gone(10_000);
            floors.ripe(reader, LANES);
            sql.update("delete from reliable_messaging.outbox_message");
            floors.ripe(reader, LANES);
            floors.raise(LANES, List.of(), inFlight);
            assertThat(floors.of(LANE)).isPositive();
            floors.retain(Set.of());
            assertThat(floors.of(LANE)).isZero();
        }
    }

    private List<OutboxRecord> read(OutboxReader reader) {
        return reader.heads(List.of(new Head(LANE, 100, floors.of(LANE))), new Long[0], List.of(), 1 << 20)
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
