package io.reliablemessaging.relay;

import io.reliablemessaging.Confirmation;
import io.reliablemessaging.outbox.OutboxRecord;
import io.reliablemessaging.relay.TopicQuestions.Unanswered;
import io.reliablemessaging.text.ReadableLogger;
import io.reliablemessaging.tracing.MessageTracing;
import io.reliablemessaging.tracing.Traced;
import io.reliablemessaging.wire.WireMessage;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.ToIntFunction;
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
    private final TopicMetadata metadata;
    private final TopicPartitions partitions;
    private final List<NotSent> failures = new ArrayList<>();
    private @Nullable Exception first;
    private volatile boolean closed;
    private volatile @Nullable Throwable broken;

    /**
     * A record that the broker has not taken.
     *
     * @param row the record
     * @param cause what the producer said
     * @param partition partition that it was for, or null if it did not get so far
     * @param verdict whose fault it is
     */
    record NotSent(
            OutboxRecord row, Exception cause, @Nullable Integer partition, Verdict verdict) {

        /** One that was refused before it got to a partition. */
        static NotSent inThread(OutboxRecord row, Exception cause) {
            return new NotSent(row, cause, null, Verdict.on(cause));
        }
    }

    /**
     * Sends with a producer, which is its own from here on.
     *
     * @param changed called when it has closed itself, or knows more of a topic
     * @param partitions how many partitions a topic has, as the cluster says now; may wait
     */
    RelayProducer(
            Producer<byte[], byte[]> kafka,
            Runnable changed,
            MessageTracing tracing,
            ToIntFunction<String> partitions) {
        this.failed = changed;
        this.tracing = tracing;
        this.kafka = kafka;
        this.metadata = new TopicMetadata(kafka::partitionsFor, changed);
        this.partitions =
                new TopicPartitions(topic -> kafka.partitionsFor(topic).size(), partitions, changed);
    }

    /** What it knows of partitions. */
    TopicPartitions partitions() {
        return partitions;
    }

    /** Why a row cannot be sent as it is, or null: it is no record, or the cluster has just said that its partition is not there. */
    @Nullable
    RuntimeException faultOf(OutboxRecord row) {
        RuntimeException unreadable = row.unreadable();
        return unreadable == null && partitions.isMissing(row) ? partitions.missing(row) : unreadable;
    }

    /** Topics that the cluster is being asked about. */
    Set<String> asking() {
        Set<String> topics = new HashSet<>(metadata.asking());
        topics.addAll(partitions.asking());
        return topics;
    }

    /** Takes the topics about which the cluster has not answered since the last call. */
    List<Unanswered> takeMissing() {
        List<Unanswered> missing = new ArrayList<>(metadata.takeMissing());
        missing.addAll(partitions.takeUnknown());
        return missing;
    }

    /** What it knows of topics. */
    TopicMetadata metadata() {
        return metadata;
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
                try {
                    traced.end(failure);
                    if (failure == null) {
                        completions.acknowledged(row, confirmation(row.message(), metadata));
                    } else if (Thread.currentThread() == caller) {
                        refused.set(failure);
                    } else {
                        fail(row, failure, partition(metadata)); // in the callback: the next request has not left yet
                    }
                } catch (Throwable t) { // it would end Kafka's thread, and nothing would be answered any more
                    breakBy(t);
                }
            });
        } catch (KafkaException e) {
            // an earlier failure, not of a record, has left the producer useless: a new one may fare better. Or
            // code of the host's has thrown it: it is told by failing again, alone
            traced.end(e);
            fail(row, earlier(e), null);
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
            closeAtOnce();
            throw e;
        }
        return refused.get();
    }

    private void breakBy(Throwable thrown) {
        broken = thrown; // first: this takes no memory
        closeAtOnce();
        failed.run();
    }

    /** What an answer could not be taken for, or a topic not be asked about, an OutOfMemoryError say; null if nothing was. */
    @Nullable
    Throwable broken() {
        if (broken != null) {
            return broken;
        }
        Error met = metadata.takeFailed();
        return met == null ? partitions.takeFailed() : met;
    }

    // what the producer has failed with before, if it says so
    static Exception earlier(KafkaException said) {
        return said.getCause() instanceof Exception earlier ? earlier : said;
    }

    // Those of a batch fail with one exception, and all others because the producer was closed for it.
    private void fail(OutboxRecord row, Exception cause, @Nullable Integer partition) {
        synchronized (failures) {
            if (!closed) {
                first = cause;
            }
            Verdict verdict = Verdict.on(cause);
            boolean closedForAnother = verdict == Verdict.UNKNOWN && cause != first;
            failures.add(new NotSent(row, cause, partition, closedForAnother ? Verdict.TRANSIENT : verdict));
            closed = true;
        }
        closeAtOnce();
        failed.run();
    }

    private static @Nullable Integer partition(@Nullable RecordMetadata metadata) {
        return metadata == null || metadata.partition() < 0 ? null : metadata.partition();
    }

    // What closing throws comes from code of the host's, such as a metrics reporter. An interrupt that was meant for
    // somebody else must not keep it from waiting for its thread, which takes no longer than what the thread is at.
    private void closeAtOnce() {
        closed = true;
        close(Duration.ZERO);
    }

    private void close(Duration limit) {
        metadata.close();
        partitions.close();
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
