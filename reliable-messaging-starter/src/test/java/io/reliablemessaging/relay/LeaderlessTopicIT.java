package io.reliablemessaging.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.MessagePublisher;
import io.reliablemessaging.support.HostApplication;
import io.reliablemessaging.support.KafkaTopic;
import io.reliablemessaging.support.LogCapture;
import io.reliablemessaging.support.NoPreflight;
import io.reliablemessaging.test.KafkaCluster;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.support.TransactionTemplate;

/** A topic that takes nothing stops no other, however much waits for it. */
class LeaderlessTopicIT {

    // more than may be in flight
    private static final int MANY = 20_000;

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    @Import(NoPreflight.class)
    static class Host {}

    @Test
    void stopsNoOther() throws Exception {
        try (KafkaCluster kafka = KafkaCluster.start(3);
                LogCapture log = LogCapture.start()) {
            KafkaTopic healthy = create(kafka, "healthy", 0);
            KafkaTopic leaderless = create(kafka, "leaderless", 2);
            try (ConfigurableApplicationContext host = HostApplication.onSharedServers(Host.class)
                    .on(kafka)
                    .with("spring.jmx.enabled=false")
                    .run()) {
                publish(host, leaderless, 0, 10); // so that it is known
                leaderless.awaitValues(10);
                kafka.broker(2).kill();
                publish(host, leaderless, 10, MANY);
                for (int i = 0; i < 20; i++) {
                    publish(host, healthy, i, 1);
                    assertThat(healthy.awaitValues(i + 1)).hasSize(i + 1);
                }
                publish(host, leaderless, MANY + 10, 100); // and more of it comes
                Relay relay = host.getBean(Relay.class);
                await().until(() -> relay.heldTopics().contains(leaderless.name()));
                assertThat(log.ours("Topic leaderless is held")).hasSize(1);
                publish(host, healthy, 20, 1);
                assertThat(healthy.awaitValues(21)).hasSize(21);

                KafkaTopic compacted = create(kafka, "compacted", 0, Map.of("cleanup.policy", "compact"));
                publishAmidTwoWithoutAKey(host, compacted);
                assertThat(compacted.awaitValues(18))
                        .as("without the two that are refused together, each of which was tried alone")
                        .hasSize(18)
                        .doesNotContain("5", "15");

                kafka.broker(2).restart();
                await().until(() -> rows(host) == 0);
                await().until(() -> relay.heldTopics().isEmpty());
                assertThat(leaderless.values().stream().distinct().toList())
                        .as("each message, in the order of its first appearance")
                        .containsExactlyElementsOf(values(MANY + 110));
            }
        }
    }

    private static KafkaTopic create(KafkaCluster kafka, String name, int broker) throws Exception {
        return create(kafka, name, broker, Map.of());
    }

    private static KafkaTopic create(KafkaCluster kafka, String name, int broker, Map<String, String> configs)
            throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", kafka.bootstrapServers()))) {
            admin.createTopics(List.of(new NewTopic(name, Map.of(0, List.of(broker))).configs(configs)))
                    .all()
                    .get();
        }
        return new KafkaTopic(kafka.bootstrapServers(), name);
    }

    private static void publish(ConfigurableApplicationContext host, KafkaTopic topic, int first, int count) {
        MessagePublisher publisher = host.getBean(MessagePublisher.class);
        host.getBean(TransactionTemplate.class).executeWithoutResult(status -> {
            for (int i = first; i < first + count; i++) {
                publisher.publish(topic.name(), "k", String.valueOf(i));
            }
        });
    }

    private static void publishAmidTwoWithoutAKey(ConfigurableApplicationContext host, KafkaTopic topic) {
        MessagePublisher publisher = host.getBean(MessagePublisher.class);
        host.getBean(TransactionTemplate.class).executeWithoutResult(status -> {
            for (int i = 0; i < 20; i++) {
                publisher.publish(topic.name(), i % 10 == 5 ? null : "k" + i, String.valueOf(i));
            }
        });
    }

    private static List<String> values(int count) {
        List<String> values = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            values.add(String.valueOf(i));
        }
        return values;
    }

    private static int rows(ConfigurableApplicationContext host) {
        return host.getBean(JdbcTemplate.class)
                .queryForObject("select count(*) from reliable_messaging.outbox_message", Integer.class);
    }
}
