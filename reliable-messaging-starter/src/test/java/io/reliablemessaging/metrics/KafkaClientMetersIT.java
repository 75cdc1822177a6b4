package io.reliablemessaging.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.reliablemessaging.MessagePublisher;
import io.reliablemessaging.MessageSender;
import io.reliablemessaging.Ordering;
import io.reliablemessaging.OutgoingMessage;
import io.reliablemessaging.ReliableListener;
import io.reliablemessaging.support.HostApplication;
import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.kafka.config.KafkaListenerEndpointRegistry;
import org.springframework.kafka.listener.MessageListenerContainer;
import org.springframework.transaction.support.TransactionTemplate;

/** What our Kafka clients tell of themselves is shown as what Boot's own clients tell, for as long as they are open. */
class KafkaClientMetersIT {

    private static final String CONSUMED = "kafka.consumer.fetch.manager.records.consumed.total";
    private static final String SENT = "kafka.producer.record.send.total";
    private static final String TOPIC = "metered-" + UUID.randomUUID();
    private static final Duration LONG = Duration.ofMinutes(1);

    private static final AtomicInteger HANDLED = new AtomicInteger();

    private static ConfigurableApplicationContext application;
    private static MeterRegistry registry;

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Host {

        @Bean
        MeterRegistry registry() {
            return new SimpleMeterRegistry();
        }

        @Bean
        Handlers handlers() {
            return new Handlers();
        }
    }

    static class Handlers {

        @ReliableListener(id = "ordered", topics = "${test.topic}", groupId = "ordered-group")
        void ordered(String payload) {
            HANDLED.incrementAndGet();
        }

        @ReliableListener(
                id = "shared",
                topics = "${test.topic}",
                groupId = "shared-group",
                ordering = Ordering.NONE,
                concurrency = 2)
        void shared(String payload) {
            HANDLED.incrementAndGet();
        }
    }

    @BeforeAll
    static void start() {
        application = HostApplication.onSharedServers(Host.class)
                .with(
                        "spring.datasource.hikari.maximum-pool-size=8",
                        "test.topic=" + TOPIC,
                        "reliable-messaging.topics." + TOPIC + ".partitions=1",
                        "reliable-messaging.topics.direct-" + TOPIC + ".partitions=1")
                .run();
        registry = application.getBean(MeterRegistry.class);
    }

    @AfterAll
    static void stop() {
        application.close();
        assertThat(ids("reliable-messaging.")).isEmpty(); // all are closed
    }

    @Test
    void clientsShowTheirMetricsForAsLongAsTheyAreOpenUnderNamesThatStay() {
        publish(3);
        await().atMost(LONG).until(() -> HANDLED.get() == 6);
        Meter ordered = registry.find(CONSUMED)
                .tags("spring.id", "reliable-messaging.ordered-group.ordered", "client.id", "ordered")
                .meter();
        assertThat(ordered).isNotNull();
        await().atMost(LONG).until(() -> value(ordered) == 3);
        assertThat(counter(SENT, "reliable-messaging.relay")).isEqualTo(3);
        assertThat(ids("reliable-messaging.shared-group"))
                .containsExactly(
                        "reliable-messaging.shared-group.shared-1", "reliable-messaging.shared-group.shared-2");
        publish(1);
        await().atMost(LONG).until(() -> value(ordered) == 4);

        Set<String> before = ids("reliable-messaging.");
        restart("ordered");
        restart("shared");
        await().atMost(LONG)
                .untilAsserted(() -> assertThat(ids("reliable-messaging.")).isEqualTo(before));
    }

    @Test
    void theProducerOfDirectSendingIsShown() {
        application
                .getBean(MessageSender.class)
                .send(OutgoingMessage.to("direct-" + TOPIC).payload("v").build());
        assertThat(counter(SENT, "reliable-messaging.sender")).isPositive();
    }

    private static void restart(String listener) {
        MessageListenerContainer container =
                application.getBean(KafkaListenerEndpointRegistry.class).getListenerContainer(listener);
        assertThat(container).isNotNull();
        CountDownLatch stopped = new CountDownLatch(1);
        container.stop(stopped::countDown);
        await().atMost(LONG).until(() -> stopped.getCount() == 0);
        assertThat(ids("reliable-messaging." + listener)).isEmpty();
        container.start();
    }

    private static double counter(String name, String id) {
        return value(registry.find(name).tag("spring.id", id).meter());
    }

    private static double value(@Nullable Meter meter) {
        return meter instanceof FunctionCounter counter ? counter.count() : Double.NaN;
    }

    private static Set<String> ids(String prefix) {
        return registry.getMeters().stream()
                .filter(meter -> meter.getId().getName().startsWith("kafka."))
                .map(meter -> String.valueOf(meter.getId().getTag("spring.id")))
                .filter(id -> id.startsWith(prefix))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static void publish(int count) {
        MessagePublisher publisher = application.getBean(MessagePublisher.class);
        application.getBean(TransactionTemplate.class).executeWithoutResult(status -> {
            for (int i = 0; i < count; i++) {
                publisher.publish(TOPIC, "k" + i, "v");
            }
        });
    }
}
