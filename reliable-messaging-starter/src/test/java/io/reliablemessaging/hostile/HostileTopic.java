package io.reliablemessaging.hostile;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.reliablemessaging.hostile.HostileRecord.Way;
import io.reliablemessaging.test.SharedServers;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/** Writes records into a topic of two partitions, one behind the other, by producers that allow what Kafka allows. */
final class HostileTopic implements AutoCloseable {

    private final String name;
    private final Map<Way, KafkaProducer<byte[], byte[]>> producers = new HashMap<>();

    /** Where a record is. */
    record Place(int partition, long offset) {}

    HostileTopic(String name) {
        this.name = name;
        producers.put(Way.PLAIN, producer(Map.of()));
        producers.put(Way.COMPRESSED, producer(Map.of("compression.type", "gzip")));
        producers.put(
                Way.ABORTED,
                producer(Map.of("transactional.id", UUID.randomUUID().toString())));
        producers.get(Way.ABORTED).initTransactions();
    }

    private static KafkaProducer<byte[], byte[]> producer(Map<String, Object> settings) {
        Map<String, Object> config = new HashMap<>(settings);
        config.put("bootstrap.servers", SharedServers.kafka().bootstrapServers());
        config.put("max.request.size", 20_000_000);
        config.put("batch.size", 200_000);
        config.put("linger.ms", 5);
        return new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer());
    }

    /** A record that is on its way. */
    interface Sent {
        Place place() throws InterruptedException, ExecutionException;
    }

    /** A message that anybody can read. */
    Sent good(byte @Nullable [] key, String... headers) {
        RecordHeaders all = new RecordHeaders();
        List.of(headers).forEach(header -> all.add(header, new byte[0]));
        return send(
                producers.get(Way.PLAIN),
                new ProducerRecord<>(name, partition(key), key, "{\"name\":\"good\"}".getBytes(UTF_8), all));
    }

    Sent write(HostileRecord hostile) {
        KafkaProducer<byte[], byte[]> producer = producers.get(hostile.way());
        // a producer refuses some times that brokers and consumers take
        var record =
                new ProducerRecord<>(
                        name, partition(hostile.key()), hostile.key(), hostile.value(), hostile.headers()) {
                    @Override
                    public Long timestamp() {
                        return hostile.timestamp();
                    }
                };
        if (hostile.way() == Way.PLAIN) {
            return send(producer, record);
        }
        // in its place among those of the other producer
        producers.get(Way.PLAIN).flush();
        if (hostile.way() == Way.ABORTED) {
            producer.beginTransaction();
        }
        Sent sent = send(producer, record);
        producer.flush();
        if (hostile.way() == Way.ABORTED) {
            producer.abortTransaction();
        }
        return sent;
    }

    private static int partition(byte @Nullable [] key) {
        return key == null || key.length == 0 ? 0 : (key[key.length / 2] & 0xff) % 2;
    }

    private static Sent send(KafkaProducer<byte[], byte[]> producer, ProducerRecord<byte[], byte[]> record) {
        Future<RecordMetadata> future = producer.send(record);
        return () -> new Place(future.get().partition(), future.get().offset());
    }

    @Override
    public void close() {
        producers.values().forEach(KafkaProducer::close);
    }
}
