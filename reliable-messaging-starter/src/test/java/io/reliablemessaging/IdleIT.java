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

    // a window with more is followed by another: PostgreSQL counts the transactions of autovacuum too (15 at once were
    // seen)
    private static final Duration WINDOWS = WINDOW.multipliedBy(12);

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
            await().atMost(WINDOWS)
                    .untilAsserted(() -> assertThat(transactionsWithin(WINDOW)).isLessThanOrEqualTo(AT_MOST));
        }
    }

    private static JdbcTemplate jdbc(String database) {
        return new JdbcTemplate(new DriverManagerDataSource(
                SharedServers.postgres().jdbcUrl(database),
                SharedServers.postgres().username(),
                SharedServers.postgres().password()));
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
