package io.reliablemessaging.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import io.reliablemessaging.DeadLetterQuery;
import io.reliablemessaging.DeadLetters;
import io.reliablemessaging.MessagePublisher;
import io.reliablemessaging.ReliableListener;
import io.reliablemessaging.support.HostApplication;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.transaction.support.TransactionTemplate;

/** Messages go their whole way with a pool of two connections, or of one: the relay needs none of them. */
class SmallPoolIT {

    private static final int MESSAGES = 40;

    private final String topic = "small-pool-" + UUID.randomUUID();

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Host {

        @Bean
        Listener listener() {
            return new Listener();
        }
    }

    static class Listener {

        private final List<String> handled = new CopyOnWriteArrayList<>();

        @ReliableListener(topics = "${test.topic}", groupId = "${test.topic}")
        void on(String value) {
            if (value.equals("poison")) {
                throw new IllegalStateException("not today");
            }
            handled.add(value);
        }
    }

    @Test
    void twoAreEnoughAndOneIsWhereTheTablesAreThere() {
        HostApplication application = HostApplication.onSharedServers(Host.class)
                .with(
                        "spring.flyway.enabled=false",
                        "spring.datasource.hikari.minimum-idle=0",
                        "spring.datasource.hikari.leak-detection-threshold=2000",
                        "test.topic=" + topic,
                        "reliable-messaging.topics[" + topic + "].partitions=2",
                        "reliable-messaging.listener.max-attempts=2",
                        "reliable-messaging.listener.backoff.initial-delay=50ms");
        try (ConfigurableApplicationContext host =
                application.with("spring.datasource.hikari.maximum-pool-size=2").run()) {
            worksWith(host);
        }
        try (ConfigurableApplicationContext host = application
                .with("spring.datasource.hikari.maximum-pool-size=1", "reliable-messaging.migrate=false")
                .run()) {
            worksWith(host);
        }
    }

    private void worksWith(ConfigurableApplicationContext host) {
        MessagePublisher publisher = host.getBean(MessagePublisher.class);
        long before = dead(host);
        host.getBean(TransactionTemplate.class).executeWithoutResult(status -> {
            publisher.publish(topic, "k", "poison");
            for (int i = 0; i < MESSAGES; i++) {
                publisher.publish(topic, "key-" + i, "message " + i);
            }
        });
        Listener listener = host.getBean(Listener.class);
        await().atMost(Duration.ofSeconds(60)).until(() -> listener.handled.size() == MESSAGES);
        await().atMost(Duration.ofSeconds(60)).until(() -> dead(host) == before + 1);
        HikariDataSource pool = host.getBean(HikariDataSource.class);
        await().until(() -> pool.getHikariPoolMXBean().getActiveConnections() == 0);
        assertThat(host.getBean(Relay.class).lanes()).hasSize(32);
    }

    private static long dead(ConfigurableApplicationContext host) {
        return host.getBean(DeadLetters.class).find(DeadLetterQuery.dead()).size();
    }
}
