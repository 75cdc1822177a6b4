package io.reliablemessaging.benchmarks;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** A plain consumer of all that comes from now on, on a thread of its own: the same for both sides. */
final class Consumer implements AutoCloseable {

    private final KafkaConsumer<byte[], byte[]> kafka;
    private final Thread thread;
    private volatile boolean running = true;

    /** What is done with a record. */
    interface Receiver {
        void received(ConsumerRecord<byte[], byte[]> record);
    }

    Consumer(Application application, Receiver receiver) {
        kafka = new KafkaConsumer<>(
                Map.of("bootstrap.servers", application.bootstrapServers()),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer());
        List<TopicPartition> partitions = kafka.partitionsFor(application.topic()).stream()
                .map(info -> new TopicPartition(info.topic(), info.partition()))
                .toList();
        kafka.assign(partitions);
        kafka.seekToEnd(partitions);
        partitions.forEach(kafka::position);
        thread = new Thread(() -> receive(receiver), "consumer");
        thread.start();
    }

    private void receive(Receiver receiver) {
        while (running) {
            kafka.poll(Duration.ofMillis(100)).forEach(receiver::received);
        }
    }

    @Override
    public void close() {
        running = false;
        try {
            thread.join();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        kafka.close();
    }
}
