package io.reliablemessaging.failures;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.reliablemessaging.failures.FailureCounts.Counted;
import io.reliablemessaging.schema.AutoCommitDataSource;
import io.reliablemessaging.schema.Schema;
import io.reliablemessaging.test.ReliableMessagingTest;
import io.reliablemessaging.text.Fingerprint;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.context.annotation.Configuration;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.JdbcTemplate;

/** Counts of several instances are added up, and the table stays bounded. */
@SpringBootTest(
        classes = FailureGroupTableIT.Host.class,
        properties = {
            "spring.application.name=group-table-test",
            "reliable-messaging.relay.enabled=false",
            "spring.datasource.hikari.auto-commit=false"
        })
@ReliableMessagingTest
class FailureGroupTableIT {

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Host {}

    private final DataSource dataSource;
    private final Schema schema;
    private final JdbcTemplate sql;

    @Autowired
    FailureGroupTableIT(DataSource dataSource, Schema schema) {
        this.dataSource = new AutoCommitDataSource(dataSource);
        this.schema = schema;
        this.sql = new JdbcTemplate(this.dataSource);
    }

    @BeforeEach
    void clear() {
        sql.execute("truncate reliable_messaging.failure_group, reliable_messaging.parked_message cascade");
    }

    private FailureGroupTable table(@Nullable String version) {
        return new FailureGroupTable(dataSource, schema, version);
    }

    private static Counted counted(String name, long failures, Duration ago) {
        return new Counted(new Fingerprint("billing", "orders", name, "shop.Bestellungen.prüfe"), failures, ago, ago);
    }

    @Test
    void countsAreAddedUp() {
        table("41").add(List.of(counted("a", 3, Duration.ofHours(2)), counted("b", 1, Duration.ZERO)));
        table("42").add(List.of(counted("a", 4, Duration.ofHours(1))));
        table(null).add(List.of(counted("a", 1, Duration.ofHours(3)))); // from another instance, written late
        assertThat(sql.queryForList("select error_class, frame, failures, first_version, last_version,"
                        + " round(extract(epoch from clock_timestamp() - first_seen) / 3600)::int as first,"
                        + " round(extract(epoch from clock_timestamp() - last_seen) / 3600)::int as last"
                        + " from reliable_messaging.failure_group order by error_class"))
                .extracting(row -> List.copyOf(row.values()))
                .containsExactly(
                        List.of("a", "shop.Bestellungen.pr?fe", 8L, "41", "42", 3, 1),
                        List.of("b", "shop.Bestellungen.pr?fe", 1L, "41", "41", 0, 0));
    }

    @Test
    void aLockIsWaitedForTwoSecondsAndNothingIsWritten() throws SQLException {
        table("41").add(List.of(counted("a", 1, Duration.ZERO)));
        try (Connection other = dataSource.getConnection()) {
            other.setAutoCommit(false);
            other.createStatement().execute("select from reliable_messaging.failure_group for update");
            assertThatExceptionOfType(DataAccessException.class)
                    .isThrownBy(() ->
                            table("41").add(List.of(counted("a", 1, Duration.ZERO), counted("b", 1, Duration.ZERO))));
            other.rollback();
        }
        assertThat(classes()).containsExactly("a");
    }

    @Test
    void groupsWithoutMessagesAreDeletedAfterTheirRetention() {
        table(null)
                .add(List.of(
                        counted("old", 1, Duration.ofDays(91)),
                        counted("old, with a message", 1, Duration.ofDays(91)),
                        counted("young", 1, Duration.ofDays(89))));
        sql.update("insert into reliable_messaging.parked_message (consumer_group, topic, message_id, source_partition,"
                + " source_offset, queue, headers, state, attempts, error_class, fingerprint)"
                + " select 'billing', 'orders', gen_random_uuid(), 0, 0, gen_random_uuid(), '', 'DEAD', 1, 'x', fingerprint"
                + " from reliable_messaging.failure_group where error_class = 'old, with a message'");
        table(null).prune(Duration.ofDays(90), 100);
        assertThat(classes()).containsExactly("old, with a message", "young");
    }

    @Test
    void ofTooManyTheOldestAreDeleted() {
        table(null)
                .add(IntStream.range(0, 50)
                        .mapToObj(i -> counted("group" + i, 1, Duration.ofMinutes(i)))
                        .toList());
        table(null).prune(Duration.ofDays(90), 2);
        assertThat(classes()).contains("group0", "group1").hasSizeLessThanOrEqualTo(3);
    }

    private List<String> classes() {
        return sql.queryForList(
                "select error_class from reliable_messaging.failure_group order by error_class", String.class);
    }
}
