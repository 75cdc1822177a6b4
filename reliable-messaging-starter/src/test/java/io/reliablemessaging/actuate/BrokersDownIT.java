package io.reliablemessaging.actuate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.MessagePublisher;
import io.reliablemessaging.MessagingOperations;
import io.reliablemessaging.Trouble;
import io.reliablemessaging.support.HostApplication;
import io.reliablemessaging.support.KafkaTopic;
import io.reliablemessaging.test.KafkaCluster;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.health.actuate.endpoint.HealthEndpoint;
import org.springframework.boot.health.contributor.Status;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.transaction.support.TransactionTemplate;

/** Two of three brokers die: applications go on publishing, health says which are missing, and all arrives when they return. */
class BrokersDownIT {

    private static final Duration PATIENCE = Duration.ofMinutes(2);

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Host {}

    @Test
    @Tag("long")
    void publishingGoesOnAndHealthNamesTheBrokers() {
        try (KafkaCluster kafka = KafkaCluster.start(3);
                ConfigurableApplicationContext application = HostApplication.onSharedServers(Host.class)
                        .on(kafka)
                        .with("reliable-messaging.topics.orders.partitions=3", "reliable-messaging.relay.lease=2s")
                        .run()) {
            List<String> all =
                    IntStream.range(0, 30).mapToObj(i -> "order " + i).toList();
            publish(application, all.subList(0, 10));
            KafkaTopic orders = new KafkaTopic(kafka.bootstrapServers(), "orders");
            orders.awaitValues(10);
            kafka.broker(1).kill();
            kafka.broker(2).kill();
            publish(application, all.subList(10, 20));
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(troubles(application))
                            .filteredOn(trouble -> trouble.kind() == Trouble.Kind.RELAY_STALLED)
                            .singleElement()
                            .satisfies(trouble -> assertThat(trouble.what())
                                    .contains(
                                            "Kafka does not accept messages to [orders]: 2 of 3 brokers do not answer")
                                    .contains(kafka.broker(1).bootstrapServer())
                                    .contains(kafka.broker(2).bootstrapServer())));
            publish(application, all.subList(20, 30));
            assertThat(operations(application).snapshot().outbox().messages()).isEqualTo(20);
            kafka.startAll();
            await().atMost(PATIENCE)
                    .untilAsserted(() ->
                            assertThat(new LinkedHashSet<>(orders.values())).containsExactlyElementsOf(all));
            await().atMost(PATIENCE).until(() -> status(application).equals(Status.UP));
        }
    }

    // one key: they are to arrive in this order
    private static void publish(ConfigurableApplicationContext application, List<String> values) {
        MessagePublisher publisher = application.getBean(MessagePublisher.class);
        TransactionTemplate transaction = application.getBean(TransactionTemplate.class);
        values.forEach(
                value -> transaction.executeWithoutResult(status -> publisher.publish("orders", "customer", value)));
    }

    private static List<Trouble> troubles(ConfigurableApplicationContext application) {
        return operations(application).troubles();
    }

    private static MessagingOperations operations(ConfigurableApplicationContext application) {
        return application.getBean(MessagingOperations.class);
    }

    private static Status status(ConfigurableApplicationContext application) {
        return application
                .getBean(HealthEndpoint.class)
                .healthForPath("reliableMessagingSending")
                .getStatus();
    }
}
