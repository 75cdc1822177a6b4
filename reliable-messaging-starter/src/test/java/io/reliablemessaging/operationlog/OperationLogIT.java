package io.reliablemessaging.operationlog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.MessagingOperations;
import io.reliablemessaging.OperationLogEntry;
import io.reliablemessaging.OperationLogQuery;
import io.reliablemessaging.OutboxQuarantine;
import io.reliablemessaging.operationlog.OperationLog.Entry;
import io.reliablemessaging.operationlog.OperationLog.Target;
import io.reliablemessaging.reachability.Infrastructure;
import io.reliablemessaging.schema.AutoCommitDataSource;
import io.reliablemessaging.schema.Schema;
import io.reliablemessaging.support.Threads;
import io.reliablemessaging.test.ReliableMessagingTest;
import io.reliablemessaging.timing.PeriodicTask;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DelegatingDataSource;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;
import org.springframework.test.util.ReflectionTestUtils;
import org.springframework.transaction.support.TransactionTemplate;

/** What the record of people's commands takes, gives and forgets: on a real database. */
@SpringBootTest(
        classes = OperationLogIT.Host.class,
        properties = {
            "spring.application.name=operation-log-test",
            "reliable-messaging.relay.enabled=false",
            "reliable-messaging.operations.log-retention=30d"
        })
@ReliableMessagingTest
class OperationLogIT {

    private static final Pattern BUFFERS = Pattern.compile("Buffers: shared (?:hit=(\\d+))?(?: ?read=(\\d+))?");

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Host {}

    @Autowired
    JdbcTemplate sql;

    @Autowired
    TransactionTemplate transaction;

    @Autowired
    Schema schema;

    @Autowired
    OperationLogPurge purge;

    @Autowired
    MessagingOperations operations;

    @Autowired
    OutboxQuarantine quarantine;

    private final DataSource dataSource;
    private OperationLog log;

    @Autowired
    OperationLogIT(DataSource dataSource) {
        this.dataSource = dataSource;
    }

    @BeforeEach
    void clear() {
        log = new OperationLog(new AutoCommitDataSource(dataSource), schema);
        sql.execute("truncate reliable_messaging.operation_log");
    }

    @AfterEach
    void removeGate() {
        sql.execute("drop function if exists gate cascade");
    }

    @Test
    void whatIsOlderThanTheRetentionIsDeletedByItselfAndNothingElse() {
        entries("young with a low id", 1, Duration.ofDays(29));
        entries("old", 2 * OperationLogPurge.CHUNK + 500, Duration.ofDays(31));
        entries("young", 3, Duration.ofDays(30).minusHours(1));
        PeriodicTask task = (PeriodicTask) Objects.requireNonNull(ReflectionTestUtils.getField(purge, "task"));
        task.runSoon();
        await().untilAsserted(() -> assertThat(count()).isEqualTo(4));
        assertThat(sql.queryForList(
                        "select distinct target from reliable_messaging.operation_log order by 1", String.class))
                .containsExactly("young", "young with a low id");
    }

    /** Of those that are locked, another instance takes care. */
    @Test
    void whatAnotherDeletesIsNotWaitedForAndNotCounted() {
        entries("old", OperationLogPurge.CHUNK + 500, Duration.ofDays(31));
        transaction.executeWithoutResult(status -> {
            sql.queryForList("select 1 from reliable_messaging.operation_log order by id limit 400 for update");
            assertThat(purge.deleteChunk()).isEqualTo(OperationLogPurge.CHUNK - 400);
            assertThat(purge.deleteChunk()).isEqualTo(500);
            assertThat(purge.deleteChunk()).isZero();
        });
        assertThat(purge.deleteChunk()).isEqualTo(400);
    }

    @Test
    void twoThatDeleteAtOnceDeleteEachEntryOnce() {
        entries("old", 20 * OperationLogPurge.CHUNK, Duration.ofDays(31));
        entries("young", 5, Duration.ofDays(1));
        List<CompletableFuture<Integer>> both = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            both.add(CompletableFuture.supplyAsync(
                    () -> {
                        int deleted = 0;
                        while (count() > 5) {
                            deleted += purge.deleteChunk();
                        }
                        return deleted;
                    },
                    Threads.NEW));
        }
        assertThat(both.stream().mapToInt(CompletableFuture::join).sum()).isEqualTo(20 * OperationLogPurge.CHUNK);
        assertThat(count()).isEqualTo(5);
    }

    @Test
    void seesWhatOthersHaveDeletedWhateverTheHostsIsolationIs() {
        entries("old", 1, Duration.ofDays(31));
        sql.execute("""
                create function gate() returns trigger language plpgsql as $$ begin
                    if current_setting('transaction_isolation') <> 'read committed' then
                        raise exception 'the snapshot is older than the lock';
                    end if;
                    return old;
                end $$
                """);
        sql.execute(
                "create trigger gate before delete on reliable_messaging.operation_log for each row execute function gate()");
        DataSource strict = new DelegatingDataSource(dataSource) {
            @Override
            public Connection getConnection() throws SQLException {
                Connection connection = super.getConnection();
                connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
                return connection;
            }
        };
        assertThat(new OperationLogPurge(
                                new AutoCommitDataSource(strict),
                                schema,
                                Duration.ofDays(30),
                                Infrastructure.unwatched())
                        .deleteChunk())
                .isOne();
    }

    /** A read of the whole table takes thousands. */
    @Test
    void withTwoHundredThousandEntriesEachStatementTouchesFewBuffers() throws SQLException {
        entries("old", 100, Duration.ofDays(31));
        entries("young", 200_000, Duration.ofDays(1));
        sql.execute("analyze reliable_messaging.operation_log");
        assertThat(sql.queryForObject(
                        "select pg_relation_size('reliable_messaging.operation_log') / 8192", Integer.class))
                .isGreaterThan(1500);
        String delete = OperationLogPurge.DELETE
                .replace(":chunk", Integer.toString(OperationLogPurge.CHUNK))
                .replace(":seconds", Long.toString(Duration.ofDays(30).toSeconds()));
        assertThat(buffers(delete)).isBetween(1, 500); // each of 100 deleted rows is visited four times
        sql.update("delete from reliable_messaging.operation_log where target = 'old'");
        sql.execute("vacuum reliable_messaging.operation_log");
        assertThat(buffers(delete)).isBetween(1, 60);
        long middle = sql.queryForObject("select max(id) - 100000 from reliable_messaging.operation_log", Long.class);
        String page = OperationLogReader.statement(OperationLogQuery.all())
                .replace(":before", Long.toString(middle))
                .replace(":limit", "1000");
        assertThat(buffers(page)).isBetween(1, 60);
    }

    @Test
    void aTargetOfAnyLengthIsFoundAndKeptApartFromOthers() {
        String shared = "orders " + "\u20ac".repeat(5000) + " billing ";
        log.note("olive", "discard", shared + 1, "first");
        log.note("olive", "discard", shared + 2, "second");
        log.note("olive", "discard", "with \0 in it", null);
        assertThat(log.find(shared + 1)).extracting(Entry::reason).containsExactly("first");
        assertThat(log.find(shared + 2)).extracting(Entry::reason).containsExactly("second");
        assertThat(log.find("with \0 in it")).hasSize(1);
        assertThat(operations.operationLog(OperationLogQuery.all().target(shared + 2)))
                .extracting(OperationLogEntry::reason)
                .containsExactly("second");
    }

    @Test
    void whoAndWhyAreKeptInTheFormThatTheTableTakes() {
        log.note("o\0" + "x".repeat(10_000), "discard", "orders", "because\0" + "y".repeat(100_000));
        assertThat(log.find("orders")).singleElement().satisfies(entry -> {
            assertThat(entry.who()).startsWith("o\\0xxx").hasSizeLessThanOrEqualTo(256);
            assertThat(entry.reason()).startsWith("because\\0yyy").hasSizeLessThanOrEqualTo(4096);
        });
        assertThat(operations.operationLog(OperationLogQuery.all().who("o\0" + "x".repeat(10_000))))
                .hasSize(1);
    }

    @Test
    void aCommandOfNobodyIsRefusedAndNothingIsNoted() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> quarantine.discard("orders", "k", " "))
                .withMessageContaining("'discard quarantined'")
                .withMessageContaining("'who' is empty");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> quarantine.discard("orders", "k", "  ", "olive"))
                .withMessageContaining("'reason' is empty");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> operations.growLanes(64, "", "olive"))
                .withMessageContaining("'reason' is empty");
        assertThat(count()).isZero();
    }

    @Test
    void peopleReadAllCommandsTheNewestFirstAndPageByPage() {
        for (int i = 1; i <= 5; i++) {
            log.note(i == 3 ? "ann" : "olive", "replay", "topic t" + i, "reason " + i);
        }
        log.note("ann", "grow lanes", List.of(new Target("from 4 to 64", null)));
        List<OperationLogEntry> first =
                operations.operationLog(OperationLogQuery.all().limit(2));
        assertThat(first).extracting(OperationLogEntry::target).containsExactly("from 4 to 64", "topic t5");
        assertThat(first.get(1)).satisfies(entry -> {
            assertThat(entry.who()).isEqualTo("olive");
            assertThat(entry.action()).isEqualTo("replay");
            assertThat(entry.reason()).isEqualTo("reason 5");
            assertThat(entry.at())
                    .isEqualTo(sql.queryForObject(
                                    "select at from reliable_messaging.operation_log where target = 'topic t5'",
                                    java.sql.Timestamp.class)
                            .toInstant());
        });
        long last = first.get(1).id();
        assertThat(targets(OperationLogQuery.all().before(last).limit(3)))
                .containsExactly("topic t4", "topic t3", "topic t2");
        assertThat(targets(OperationLogQuery.all().who("ann"))).containsExactly("from 4 to 64", "topic t3");
        assertThat(targets(OperationLogQuery.all().who("ann").action("replay"))).containsExactly("topic t3");
        assertThat(targets(OperationLogQuery.all().target("topic t2"))).containsExactly("topic t2");
        assertThat(targets(OperationLogQuery.all().target("topic"))).isEmpty();
    }

    private List<String> targets(OperationLogQuery query) {
        return operations.operationLog(query).stream()
                .map(OperationLogEntry::target)
                .toList();
    }

    private void entries(String target, int count, Duration age) {
        sql.update(
                "insert into reliable_messaging.operation_log (at, who, action, target, reason)"
                        + " select clock_timestamp() - make_interval(secs => ?), 'olive', 'discard', ?, 'a test' from generate_series(1, ?)",
                age.toSeconds(),
                target,
                count);
    }

    private int count() {
        return Objects.requireNonNull(
                sql.queryForObject("select count(*) from reliable_messaging.operation_log", Integer.class));
    }

    /** Buffers that a statement touches, in a transaction that is rolled back. */
    private int buffers(String statement) throws SQLException {
        try (Connection connection = dataSource.getConnection()) {
            connection.setAutoCommit(false);
            JdbcTemplate session = new JdbcTemplate(new SingleConnectionDataSource(connection, true));
            List<String> plan =
                    session.queryForList("explain (analyze, buffers, costs off) " + statement, String.class);
            connection.rollback();
            Matcher first = BUFFERS.matcher(String.join("\n", plan)); // of the top node: all below are in it
            assertThat(first.find()).as(String.join("\n", plan)).isTrue();
            return number(first.group(1)) + number(first.group(2));
        }
    }

    private static int number(String digits) {
        return digits == null ? 0 : Integer.parseInt(digits);
    }
}
