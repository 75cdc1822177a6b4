package io.reliablemessaging.listener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.MessagePublisher;
import io.reliablemessaging.ReliableListener;
import io.reliablemessaging.support.HostApplication;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.kafka.clients.consumer.ConsumerInterceptor;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.transaction.support.TransactionTemplate;

/** What a host has set for its own consumers neither hides messages from ours nor throws them out of their group. */
class HostConsumersIT {

    private final ListenerInstances app = new ListenerInstances();
    private final String suffix = UUID.randomUUID().toString();

    /** Drops what it does not like, as filters of feature flags or of tests do. */
    public static final class Filter implements ConsumerInterceptor<byte[], byte[]> {

        @Override
        public ConsumerRecords<byte[], byte[]> onConsume(ConsumerRecords<byte[], byte[]> records) {
            Map<TopicPartition, List<ConsumerRecord<byte[], byte[]>>> kept = new HashMap<>();
            records.partitions()
                    .forEach(partition -> kept.put(
                            partition,
                            records.records(partition).stream()
                                    .filter(record -> record.offset() % 2 == 1)
                                    .toList()));
            return new ConsumerRecords<>(kept, Map.of());
        }

        @Override
        public void onCommit(Map<TopicPartition, OffsetAndMetadata> offsets) {}

        @Override
        public void close() {}

        @Override
        public void configure(Map<String, ?> configs) {}
    }

    @ParameterizedTest
    @ValueSource(strings = {"key", "partition", "none"})
    void anInterceptorThatFiltersHidesNoMessage(String ordering) {
        try (app) {
            app.start(
                    "spring.kafka.consumer.properties.interceptor.classes=" + Filter.class.getName(),
                    "test.group=filtered-" + suffix,
                    "reliable-messaging.listener.ordering=" + ordering);
            for (int i = 0; i < 10; i++) {
                app.publish("k", "k" + i);
            }
            app.awaitEffects(10);
            assertThat(app.effects()).hasSize(10);
        }
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class TwoOfOneGroup {

        @Bean
        Shop shop() {
            return new Shop();
        }
    }

    static class Shop {

        final List<String> seen = new CopyOnWriteArrayList<>();

        @ReliableListener(topics = "orders-${test.suffix}", groupId = "shop-${test.suffix}")
        void order(String order) {
            seen.add(order);
        }

        @ReliableListener(topics = "returns-${test.suffix}", groupId = "shop-${test.suffix}")
        void giveBack(String returned) {
            seen.add(returned);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"classic", "consumer"})
    void twoListenersOfOneGroupDoNotFenceEachOtherThoughTheHostNamesItsInstance(String protocol) {
        HostApplication host = HostApplication.onSharedServers(TwoOfOneGroup.class)
                .with(
                        "test.suffix=" + suffix,
                        "reliable-messaging.topics.orders-" + suffix + ".partitions=1",
                        "reliable-messaging.topics.returns-" + suffix + ".partitions=1",
                        "spring.kafka.consumer.properties.group.instance.id=pod-1",
                        "spring.kafka.consumer.properties.group.protocol=" + protocol);
        for (int start = 0; start < 2; start++) { // a static member comes back under its name
            try (ConfigurableApplicationContext running = host.run()) {
                Shop shop = running.getBean(Shop.class);
                for (int i = 0; i < 5; i++) {
                    String round = start + "/" + i;
                    running.getBean(TransactionTemplate.class).executeWithoutResult(status -> {
                        MessagePublisher publisher = running.getBean(MessagePublisher.class);
                        publisher.publish("orders-" + suffix, "k", "order " + round);
                        publisher.publish("returns-" + suffix, "k", "return " + round);
                    });
                    await().atMost(Duration.ofSeconds(60))
                            .until(() -> shop.seen.containsAll(List.of("order " + round, "return " + round)));
                }
                assertThat(running.getBean(Listeners.class).all())
                        .extracting(listener -> listener.error())
                        .containsOnlyNulls();
            }
        }
    }
}
