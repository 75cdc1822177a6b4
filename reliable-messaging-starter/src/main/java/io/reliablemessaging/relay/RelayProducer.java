package io.reliablemessaging.relay;

import io.reliablemessaging.Confirmation;
import io.reliablemessaging.outbox.OutboxRecord;
import io.reliablemessaging.tracing.MessageTracing;
import io.reliablemessaging.tracing.Traced;
import io.reliablemessaging.wire.WireMessage;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/**
 * A producer that stops at the first failure: nothing that was sent after a lost record may get to the broker, or later
 * records of its key would pass it. It is then thrown away, and a new one sends the rows again from the start.
 */
final class RelayProducer {

    private final KafkaProducer<byte[], byte[]> kafka;
    private final Runnable failed;
    private final MessageTracing tracing;
    private final List<NotSent> failures = new ArrayList<>();
    private volatile boolean closed;

    /**
     * A record that the broker has not taken.
     *
     * @param row the record
     * @param cause what the producer said
     */
    record NotSent(OutboxRecord row, Exception cause) {

        Verdict verdict() {
            return Verdict.on(cause);
        }
    }

    /**
     * Opens a producer.
     *
     * @param failed called when it has closed itself
     */
    RelayProducer(Map<String, Object> config, Runnable failed, MessageTracing tracing) {
        this.failed = failed;
        this.tracing = tracing;
        this.kafka = new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer());
    }

    /**
     * Hands a record over. The broker's answer goes to the completions, on the producer's thread.
     *
     * @return what the producer had against it, or null if it took it; a record it did not take has not left, so the
     *     records before it are not affected
     */
    @Nullable
    Exception send(OutboxRecord row, Completions completions) {
        Thread caller = Thread.currentThread();
        AtomicReference<@Nullable Exception> refused = new AtomicReference<>();
        Traced traced = tracing.sending(row.message());
        try {
            var unused = kafka.send(record(row.message()), (metadata, failure) -> {
                traced.end(failure);
                if (failure == null) {
                    completions.acknowledged(row, confirmation(row.message(), metadata));
                } else if (Thread.currentThread() == caller) {
                    refused.set(failure);
                } else {
                    fail(row, failure); // in the callback: the next request has not left yet
                }
            });
        } catch (KafkaException e) {
            // an earlier failure, not of a record, has left the producer useless: a new one may fare better
            traced.end(e);
            fail(row, e.getCause() instanceof Exception earlier ? earlier : e);
        }
        return refused.get();
    }

    private void fail(OutboxRecord row, Exception cause) {
        closed = true;
        kafka.close(Duration.ZERO);
        synchronized (failures) {
            failures.add(new NotSent(row, cause));
        }
        failed.run();
    }

    /**
     * Sends one record alone, when nothing is in flight, and waits for the answer.
     *
     * @throws ExecutionException around what was said against it
     * @throws TimeoutException if there is no answer yet; the producer must be abandoned
     */
    Confirmation sendAlone(OutboxRecord row, Duration limit)
            throws InterruptedException, ExecutionException, TimeoutException {
        Traced traced = tracing.sending(row.message());
        RecordMetadata metadata = kafka.send(record(row.message()), (written, failure) -> traced.end(failure))
                .get(limit.toMillis(), TimeUnit.MILLISECONDS);
        return confirmation(row.message(), metadata);
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

    /** Whether a failure has closed it. */
    boolean isClosed() {
        return closed;
    }

    /**
     * Closes without waiting. What is in flight is given up, and sent again by whoever owns its lane; when this returns, no
     * more answers come.
     *
     * @return the records that failed, in the order in which that was known; most of them because of another
     */
    List<NotSent> abandon() {
        kafka.close(Duration.ZERO);
        synchronized (failures) {
            return List.copyOf(failures);
        }
    }
}
