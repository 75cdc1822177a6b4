package io.reliablemessaging.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.MessagePublisher;
import io.reliablemessaging.ReliableListener;
import io.reliablemessaging.support.HostApplication;
import io.reliablemessaging.support.PgBouncer;
import io.reliablemessaging.test.SharedServers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.support.TransactionTemplate;

/** Everything works through a PgBouncer in transaction mode, where a session keeps nothing from one transaction to the next. */
@EnabledIf(value = "io.reliablemessaging.support.PgBouncer#isInstalled", disabledReason = "pgbouncer is not installed")
class PgBouncerIT {

    private static final int CONNECTIONS = 10;

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Migration {}

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Host {

        @Bean
        Effects effects(JdbcTemplate sql) {
            return new Effects(sql);
        }
    }

    record Effects(JdbcTemplate sql) {

        @ReliableListener(topics = "${test.topic}", groupId = "${test.topic}")
        void on(String value) {
            sql.update("insert into effect (value) values (?)", value);
        }

        List<String> all() {
            return sql.queryForList("select value from effect order by number", String.class);
        }
    }

    private final String database = HostApplication.newDatabase();
    private final String topic = "bounced-" + UUID.randomUUID();
    private final List<ConfigurableApplicationContext> instances = new ArrayList<>();
    private PgBouncer bouncer;

    /** Tables are made past PgBouncer: migrations set a search path. */
    @BeforeEach
    void migrateAndStart() {
        try (ConfigurableApplicationContext direct = HostApplication.onSharedServers(Migration.class)
                .on(SharedServers.postgres(), database)
                .with("reliable-messaging.relay.enabled=false")
                .run()) {
            direct.getBean(JdbcTemplate.class)
                    .execute("create table effect (number bigint generated always as identity, value text)");
        }
        bouncer = PgBouncer.start(SharedServers.postgres(), CONNECTIONS);
        instances.add(start());
        instances.add(start());
    }

    @AfterEach
    void stop() {
        instances.forEach(ConfigurableApplicationContext::close);
        bouncer.close();
    }

    @Test
    void deliversEachMessageOnceAndInOrderThroughTwoInstances() {
        await().until(() -> lanes(0).size() == 16 && lanes(1).size() == 16);
        List<String> published = IntStream.range(0, 200)
                .mapToObj(number -> "k" + number % 5 + ":" + number)
                .toList();
        for (int i = 0; i < published.size(); i++) {
            publish(instances.get(i % 2), published.get(i));
        }
        await().atMost(Duration.ofSeconds(90))
                .untilAsserted(() -> assertThat(effects()).hasSameSizeAs(published));
        for (int key = 0; key < 5; key++) {
            String prefix = "k" + key + ":";
            assertThat(effects())
                    .filteredOn(value -> value.startsWith(prefix))
                    .isEqualTo(published.stream()
                            .filter(value -> value.startsWith(prefix))
                            .toList());
        }
        assertThat(sql().queryForObject(
                                "select count(*) from pg_stat_activity where datname = current_database()",
                                Integer.class))
                .as("connections to the server, fewer than the applications have")
                .isLessThanOrEqualTo(CONNECTIONS);
    }

    @Test
    void fencesAndHandsOver() {
        await().until(() -> lanes(0).size() == 16 && lanes(1).size() == 16);
        sql().update("update reliable_messaging.relay_lane set owner = gen_random_uuid(), epoch = epoch + 1,"
                + " expires_at = clock_timestamp() + interval '1 hour'");
        await().until(() -> lanes(0).isEmpty() && lanes(1).isEmpty());
        publish(instances.get(0), "k:first");
        publish(instances.get(1), "k:second");
        assertThat(effects()).isEmpty();
        sql().update("update reliable_messaging.relay_lane set expires_at = '-infinity'");
        await().atMost(Duration.ofMinutes(1))
                .untilAsserted(() -> assertThat(effects()).containsExactly("k:first", "k:second"));
        instances.remove(0).close();
        await().until(() -> lanes(0).size() == 32);
        publish(instances.get(0), "k:third");
        await().atMost(Duration.ofMinutes(1))
                .untilAsserted(() -> assertThat(effects()).containsExactly("k:first", "k:second", "k:third"));
    }

    private ConfigurableApplicationContext start() {
        return HostApplication.onSharedServers(Host.class)
                .with(
                        "spring.datasource.url=" + bouncer.jdbcUrl(database),
                        "spring.datasource.hikari.maximum-pool-size=8",
                        "spring.datasource.hikari.minimum-idle=8",
                        "spring.jmx.enabled=false",
                        "reliable-messaging.migrate=false",
                        "reliable-messaging.relay.lease=2s",
                        "reliable-messaging.relay.notify=false",
                        "reliable-messaging.topics." + topic + ".partitions=2",
                        "test.topic=" + topic)
                .run();
    }

    private void publish(ConfigurableApplicationContext instance, String value) {
        String key = value.substring(0, value.indexOf(':'));
        instance.getBean(TransactionTemplate.class)
                .executeWithoutResult(
                        status -> instance.getBean(MessagePublisher.class).publish(topic, key, value));
    }

    private Set<Integer> lanes(int instance) {
        return instances.get(instance).getBean(RelayState.class).lanes();
    }

    private List<String> effects() {
        return instances.get(0).getBean(Effects.class).all();
    }

    private JdbcTemplate sql() {
        return instances.get(0).getBean(JdbcTemplate.class);
    }
}
