package io.reliablemessaging.listener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.MessagePublisher;
import io.reliablemessaging.ReliableListener;
import io.reliablemessaging.support.HostApplication;
import io.reliablemessaging.test.SharedServers;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.support.TransactionTemplate;

/** A handler method gets another name and another bean while messages of its group are parked. */
class RenamedListenerIT {

    private final String topic = "renamed-" + UUID.randomUUID();
    private final String database = HostApplication.newDatabase();

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class LastRelease {

        @Bean
        Invoices invoices() {
            return new Invoices();
        }
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class NextRelease {

        @Bean
        Accounting accounting() {
            return new Accounting();
        }
    }

    static class Invoices {

        @ReliableListener(topics = "${test.topic}", groupId = "billing")
        void on(String order) {
            throw new IllegalStateException("not yet");
        }
    }

    static class Accounting {

        final List<String> seen = new CopyOnWriteArrayList<>();

        @ReliableListener(topics = "${test.topic}", groupId = "billing")
        void bill(String order) {
            seen.add(order);
        }
    }

    @Test
    void itsParkedMessagesAreHandledInOrderUnderTheNewName() {
        try (ConfigurableApplicationContext last = run(LastRelease.class)) {
            publish(last, "one", "two", "three");
            await().until(() -> last.getBean(JdbcTemplate.class)
                            .queryForObject("select count(*) from reliable_messaging.parked_message", Integer.class)
                    == 3);
            assertThat(last.getBean(Listeners.class).ids()).containsExactly("Invoices.on@billing");
        }
        try (ConfigurableApplicationContext next = run(NextRelease.class)) {
            Accounting accounting = next.getBean(Accounting.class);
            await().until(() -> accounting.seen.equals(List.of("one", "two", "three")));
            assertThat(next.getBean(Listeners.class).ids()).containsExactly("Accounting.bill@billing");
        }
    }

    private ConfigurableApplicationContext run(Class<?> release) {
        return HostApplication.onSharedServers(release)
                .on(SharedServers.postgres(), database)
                .with(
                        "test.topic=" + topic,
                        "reliable-messaging.topics." + topic + ".partitions=1",
                        "reliable-messaging.listener.max-attempts=1000000",
                        "reliable-messaging.listener.backoff.initial-delay=10ms",
                        "reliable-messaging.listener.backoff.max-delay=50ms")
                .run();
    }

    private void publish(ConfigurableApplicationContext host, String... orders) {
        MessagePublisher publisher = host.getBean(MessagePublisher.class);
        host.getBean(TransactionTemplate.class).executeWithoutResult(status -> {
            for (String order : orders) {
                publisher.publish(topic, "k", order);
            }
        });
    }
}
