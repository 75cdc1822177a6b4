package io.reliablemessaging.relay;

import io.reliablemessaging.Confirmation;
import io.reliablemessaging.outbox.OutboxRecord;
import io.reliablemessaging.wire.WireMessage;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/**
 * A producer that stops at the first failure: nothing that was sent after a lost record may get to the broker, or later
 * records of its key would pass it. It is then thrown away, and a new one sends the rows again from the start.
 */
final class RelayProducer {

    private final KafkaProducer<byte[], byte[]> kafka;
    private final AtomicBoolean failed = new AtomicBoolean();

    RelayProducer(Map<String, Object> config) {
        this.kafka = new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer());
    }

    /**
     * The host's settings (addresses, security, compression) with ours in the place of all that bears on the promise.
     *
     * @param lease length of the lane lease; a send may not block for long enough to outlive it
     */
    static Map<String, Object> safe(Map<String, Object> host, Duration lease) {
        Map<String, Object> config = new HashMap<>(host);
        config.remove(ProducerConfig.TRANSACTIONAL_ID_CONFIG);
        config.remove(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG);
        config.remove(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG);
        config.put(ProducerConfig.ACKS_CONFIG, "all");
        config.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
        // with two, a failed batch lets the next one pass: A1 fails, A2 lands
        config.put(ProducerConfig.MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION, 1);
        config.put(ProducerConfig.RETRIES_CONFIG, Integer.MAX_VALUE);
        // the row is there until the broker answers: there is nothing to give up for
        config.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, Integer.MAX_VALUE);
        config.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, Math.max(1, lease.toMillis() / 3));
        config.put(ProducerConfig.LINGER_MS_CONFIG, 0);
        config.put(ProducerConfig.PARTITIONER_IGNORE_KEYS_CONFIG, false);
        return config;
    }

    /**
     * Hands a record over; the broker's answer goes to the batch, on the producer's thread.
     *
     * @return what the producer had against it, or null if it took it; a record it did not take has not left, so the
     *     records before it are not affected
     */
    @Nullable
    Exception send(OutboxRecord row, RelayBatch batch) {
        Thread caller = Thread.currentThread();
        AtomicReference<Exception> refused = new AtomicReference<>();
        batch.sending();
        var unused = kafka.send(record(row.message()), (metadata, failure) -> {
            if (failure == null) {
                batch.acknowledged(row, confirmation(row.message(), metadata));
                return;
            }
            if (Thread.currentThread() == caller) {
                refused.set(failure);
            } else if (failed.compareAndSet(false, true)) {
                kafka.close(Duration.ZERO); // in the callback: the next request has not left yet
            }
            batch.failed(row, failure);
        });
        return refused.get();
    }

    static ProducerRecord<byte[], byte[]> record(WireMessage message) {
        return new ProducerRecord<>(
                message.topic(), message.partition(), null, message.key(), message.value(), message.headers());
    }

    static Confirmation confirmation(WireMessage message, RecordMetadata metadata) {
        return new Confirmation(
                message.id(),
                metadata.topic(),
                metadata.partition(),
                metadata.offset(),
                Instant.ofEpochMilli(metadata.timestamp()));
    }

    boolean hasFailed() {
        return failed.get();
    }

    /** Closes without waiting: what is in flight is given up, and sent again by whoever owns its lane. */
    void abandon() {
        failed.set(true);
        kafka.close(Duration.ZERO);
    }
}
