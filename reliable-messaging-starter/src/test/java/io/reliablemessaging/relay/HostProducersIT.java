package io.reliablemessaging.relay;

import static org.assertj.core.api.Assertions.assertThat;

import io.reliablemessaging.MessagePublisher;
import io.reliablemessaging.MessageSender;
import io.reliablemessaging.OutgoingMessage;
import io.reliablemessaging.support.HostApplication;
import io.reliablemessaging.support.KafkaTopic;
import io.reliablemessaging.test.SharedServers;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.Partitioner;
import org.apache.kafka.clients.producer.ProducerInterceptor;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.Cluster;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.kafka.core.KafkaTemplate;
import org.springframework.transaction.support.TransactionTemplate;

/** What a host has set for its own producers neither spreads a key over partitions nor gets between us and the broker. */
@ExtendWith(OutputCaptureExtension.class)
class HostProducersIT {

    private static final int PARTITIONS = 6;

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Host {}

    /** Spreads evenly, whatever the key. */
    public static final class Spread implements Partitioner {

        static final AtomicInteger calls = new AtomicInteger();

        @Override
        public int partition(
                String topic, Object key, byte[] keyBytes, Object value, byte[] valueBytes, Cluster cluster) {
            return calls.getAndIncrement() % PARTITIONS;
        }

        @Override
        public void close() {}

        @Override
        public void configure(Map<String, ?> configs) {}
    }

    public static final class Counting implements ProducerInterceptor<Object, Object> {

        static final AtomicInteger calls = new AtomicInteger();

        @Override
        public ProducerRecord<Object, Object> onSend(ProducerRecord<Object, Object> record) {
            calls.incrementAndGet();
            return record;
        }

        @Override
        public void onAcknowledgement(RecordMetadata metadata, Exception exception) {}

        @Override
        public void close() {}

        @Override
        public void configure(Map<String, ?> configs) {}
    }

    @Test
    void aPartitionerAndAnInterceptorOfTheHostReachOnlyItsOwnProducers(CapturedOutput output) {
        KafkaTopic topic =
                KafkaTopic.create(SharedServers.kafka().bootstrapServers(), "spread-" + UUID.randomUUID(), PARTITIONS);
        try (ConfigurableApplicationContext host = HostApplication.onSharedServers(Host.class)
                .with(
                        "spring.kafka.producer.properties.partitioner.class=" + Spread.class.getName(),
                        "spring.kafka.producer.properties.interceptor.classes=" + Counting.class.getName())
                .run()) {
            MessagePublisher publisher = host.getBean(MessagePublisher.class);
            MessageSender sender = host.getBean(MessageSender.class);
            for (int i = 0; i < 12; i++) {
                String value = "published " + i;
                host.getBean(TransactionTemplate.class)
                        .executeWithoutResult(status -> publisher.publish(topic.name(), "k", value));
                sender.send(OutgoingMessage.to(topic.name())
                        .key("k")
                        .payload("sent " + i)
                        .build());
            }
            topic.awaitValues(24);
            assertThat(topic.records())
                    .hasSize(24)
                    .extracting(ConsumerRecord::partition)
                    .containsOnly(topic.records().get(0).partition());
            assertThat(Spread.calls).hasValue(0);
            assertThat(Counting.calls).hasValue(0);

            sendAsTheHostDoes(host, topic.name());
            assertThat(Spread.calls).hasValue(1);
            assertThat(Counting.calls).hasValue(1);
        }
        assertThat(output).containsOnlyOnce("your producer properties: interceptor.classes, partitioner.class.");
    }

    @SuppressWarnings("unchecked")
    private static void sendAsTheHostDoes(ConfigurableApplicationContext host, String topic) {
        KafkaTemplate<String, String> template = host.getBean(KafkaTemplate.class);
        template.send(topic, "k", "the host's own").join();
    }
}
