package io.reliablemessaging.relay;

import io.reliablemessaging.Confirmation;
import io.reliablemessaging.outbox.OutboxRecord;
import io.reliablemessaging.text.ReadableLogger;
import io.reliablemessaging.tracing.MessageTracing;
import io.reliablemessaging.tracing.Traced;
import io.reliablemessaging.wire.WireMessage;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/**
 * A producer that stops at the first failure: nothing that was sent after a lost record may get to the broker, or later
 * records of its key would pass it. It is then thrown away, and a new one sends the rows again from the start.
 */
final class RelayProducer {

    private static final Logger log = ReadableLogger.of(RelayProducer.class);

    private static final Duration END_LIMIT = Duration.ofSeconds(2);

    private final Producer<byte[], byte[]> kafka;
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
     * Sends with a producer, which is its own from here on.
     *
     * @param failed called when it has closed itself
     */
    RelayProducer(Producer<byte[], byte[]> kafka, Runnable failed, MessageTracing tracing) {
        this.failed = failed;
        this.tracing = tracing;
        this.kafka = kafka;
    }

    /**
     * Hands a record over. The broker's answer goes to the completions, on the producer's thread.
     *
     * @return what was thrown at it, or null if the producer took it. A record that it did not take has not left. It is
     *     closed afterwards, unless it has said itself what it has against the record
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
            fail(row, earlier(e));
        } catch (Exception e) {
            // Of code of the host's that runs within send(), whatever that is. It may have left half a record behind,
            // so this producer sends nothing more. If it was closed, this is only how it says so.
            traced.end(e);
            if (!closed) {
                closeAtOnce();
                return e;
            }
        } catch (Error e) {
            traced.end(e);
            throw e; // the relay starts anew
        }
        return refused.get();
    }

    // what the producer has failed with before, if it says so
    private static Exception earlier(KafkaException said) {
        return said.getCause() instanceof Exception earlier ? earlier : said;
    }

    private void fail(OutboxRecord row, Exception cause) {
        closeAtOnce();
        synchronized (failures) {
            failures.add(new NotSent(row, cause));
        }
        failed.run();
    }

    // What closing throws comes from code of the host's, such as a metrics reporter. An interrupt that was meant for
    // somebody else must not keep it from waiting for its thread, which takes no longer than what the thread is at.
    private void closeAtOnce() {
        closed = true;
        close(Duration.ZERO);
    }

    private void close(Duration limit) {
        boolean interrupted = Thread.interrupted();
        try {
            kafka.close(limit);
        } catch (Throwable t) {
            log.debug("The producer is closed, and something of it failed", t);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /**
     * Sends one record alone, when nothing is in flight, and waits for the answer.
     *
     * @throws ExecutionException around what was said against it
     * @throws TimeoutException if there is no answer yet; the producer must be abandoned
     */
    Confirmation sendAlone(OutboxRecord row, Duration limit)
            throws InterruptedException, ExecutionException, TimeoutException {
        RecordMetadata metadata = begin(row).get(limit.toMillis(), TimeUnit.MILLISECONDS);
        return confirmation(row.message(), metadata);
    }

    private Future<RecordMetadata> begin(OutboxRecord row) throws ExecutionException {
        Traced traced = tracing.sending(row.message());
        try {
            return kafka.send(record(row.message()), (written, failure) -> traced.end(failure));
        } catch (Exception e) {
            traced.end(e);
            closeAtOnce();
            throw new ExecutionException(e instanceof KafkaException said ? earlier(said) : e);
        }
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

    /** Closes when all that was sent is answered. */
    void end() {
        closed = true;
        close(END_LIMIT);
    }

    /**
     * Closes without waiting. What is in flight is given up, and sent again by whoever owns its lane; when this returns, no
     * more answers come.
     *
     * @return the records that failed, in the order in which that was known; most of them because of another
     */
    List<NotSent> abandon() {
        closeAtOnce();
        synchronized (failures) {
            return List.copyOf(failures);
        }
    }
}
