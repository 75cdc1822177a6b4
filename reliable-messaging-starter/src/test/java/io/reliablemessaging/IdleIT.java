package io.reliablemessaging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.support.HostApplication;
import io.reliablemessaging.test.SharedServers;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

/** What an instance without listeners asks of the database while nothing happens: two transactions a second. */
class IdleIT {

    private static final Duration WINDOW = Duration.ofSeconds(10);

    // two a second
    private static final int AT_MOST = 20;

    private static final int MOST_WINDOWS = 6;

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Host {}

    private final String database = HostApplication.newDatabase();

    private final JdbcTemplate inside = jdbc(database);

    // of another database, so that it is not counted itself
    private final JdbcTemplate outside = jdbc("postgres");

    @Test
    void asksLittleWhileItHearsOfMessages() {
        try (ConfigurableApplicationContext host = HostApplication.onSharedServers(Host.class)
                .on(SharedServers.postgres(), database)
                .withSafePool()
                .with("spring.datasource.hikari.minimum-idle=1", "spring.jmx.enabled=false")
                .run()) {
            MessagingOperations operations = host.getBean(MessagingOperations.class);
            await().until(() -> operations.tablesReadAt().isPresent());
            await().until(() -> !inside.queryForList(
                            "select id from reliable_messaging.relay_instance where channel is not null")
                    .isEmpty());
            assertThat(transactionsWithoutAutovacuum()).isLessThanOrEqualTo(AT_MOST);
        }
    }

    private static JdbcTemplate jdbc(String database) {
        return new JdbcTemplate(new DriverManagerDataSource(
                SharedServers.postgres().jdbcUrl(database),
                SharedServers.postgres().username(),
                SharedServers.postgres().password()));
    }

    /** In the first window in which autovacuum has done nothing: PostgreSQL counts its transactions in the same number. */
    private long transactionsWithoutAutovacuum() {
        for (int window = 0; window < MOST_WINDOWS; window++) {
            long before = autovacuums();
            long transactions = transactionsWithin(WINDOW);
            if (autovacuums() == before) {
                return transactions;
            }
        }
        throw new AssertionError("Autovacuum worked in each of " + MOST_WINDOWS + " windows");
    }

    private long autovacuums() {
        return inside.queryForObject(
                "select sum(autovacuum_count + autoanalyze_count) from pg_stat_all_tables", Long.class);
    }

    /** Counted by PostgreSQL, which tells of a session's transactions some seconds later. */
    private long transactionsWithin(Duration window) {
        await().pollDelay(window).until(() -> true);
        long before = committed();
        await().pollDelay(window).until(() -> true);
        return committed() - before;
    }

    private long committed() {
        return outside.queryForObject(
                "select xact_commit from pg_stat_database where datname = ?", Long.class, database);
    }
}
