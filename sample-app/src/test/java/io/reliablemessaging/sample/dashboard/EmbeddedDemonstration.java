package io.reliablemessaging.sample.dashboard;

import io.reliablemessaging.test.SharedServers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingClass;

/** Breaks the servers of this JVM. Not found by the component scan: who wants it names it. */
@ConditionalOnMissingClass("org.testcontainers.kafka.KafkaContainer") // the servers might be in Docker then
public class EmbeddedDemonstration implements Demonstration {

    private static final Duration OUTAGE = Duration.ofSeconds(20);
    private static final String TOPIC = "orders";

    private @Nullable Instant backAt;

    @Override
    @SuppressWarnings("FutureReturnValueIgnored") // a broker that does not start says so in the log
    public synchronized void stopKafka() {
        if (backAt != null) {
            return;
        }
        backAt = Instant.now().plus(OUTAGE);
        CompletableFuture.runAsync(SharedServers.kafka().broker(0)::stop);
        CompletableFuture.delayedExecutor(OUTAGE.toMillis(), TimeUnit.MILLISECONDS)
                .execute(this::startKafka);
    }

    @Override
    public synchronized @Nullable Instant kafkaBackAt() {
        return backAt;
    }

    @Override
    public String deliverAgain() {
        if (kafkaBackAt() != null) {
            throw new IllegalStateException("Kafka is stopped. Wait until it runs again.");
        }
        ConsumerRecord<byte[], byte[]> latest =
                latest().orElseThrow(() -> new IllegalStateException("There is no message yet. Place an order first."));
        send(new ProducerRecord<>(
                TOPIC, latest.partition(), latest.timestamp(), latest.key(), latest.value(), latest.headers()));
        return new String(latest.key(), StandardCharsets.UTF_8);
    }

    private static void send(ProducerRecord<byte[], byte[]> record) {
        try (KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(connection(), new ByteArraySerializer(), new ByteArraySerializer())) {
            producer.send(record).get();
        } catch (ExecutionException e) {
            throw new IllegalStateException("Kafka did not take the record: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("Interrupted while Kafka takes the record", e);
        }
    }

    private void startKafka() {
        SharedServers.kafka().broker(0).restart();
        synchronized (this) {
            backAt = null;
        }
    }

    private static Optional<ConsumerRecord<byte[], byte[]>> latest() {
        try (KafkaConsumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(connection(), new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            List<TopicPartition> partitions = consumer.partitionsFor(TOPIC).stream()
                    .map(each -> new TopicPartition(TOPIC, each.partition()))
                    .toList();
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            List<TopicPartition> filled =
                    partitions.stream().filter(each -> ends.get(each) > 0).toList();
            consumer.assign(filled);
            filled.forEach(each -> consumer.seek(each, ends.get(each) - 1));
            List<ConsumerRecord<byte[], byte[]>> last = new ArrayList<>();
            while (last.size() < filled.size()) {
                consumer.poll(Duration.ofMillis(100)).forEach(last::add);
            }
            return last.stream().max(Comparator.comparing(ConsumerRecord::timestamp));
        }
    }

    private static Map<String, Object> connection() {
        return Map.of("bootstrap.servers", SharedServers.kafka().bootstrapServers());
    }
}
