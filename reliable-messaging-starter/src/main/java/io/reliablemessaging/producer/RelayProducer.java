package io.reliablemessaging.producer;

import io.reliablemessaging.Confirmation;
import io.reliablemessaging.outbox.OutboxRecord;
import io.reliablemessaging.producer.TopicQuestions.Unanswered;
import io.reliablemessaging.text.ReadableLogger;
import io.reliablemessaging.tracing.MessageTracing;
import io.reliablemessaging.tracing.ObservedStep;
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
 * Sends rows with a Kafka producer and stops at the first failure: no record sent after a lost one may reach the
 * broker, or it would overtake the lost one. The producer is then discarded, and a new one sends the rows again from
 * the start.
 */
public final class RelayProducer {

    private static final Logger log = ReadableLogger.of(RelayProducer.class);

    private static final Duration END_LIMIT = Duration.ofSeconds(2);

    private final Producer<byte[], byte[]> kafka;
    private final Runnable onChange;
    private final MessageTracing tracing;
    private final TopicMetadata metadata;
    private final TopicPartitions partitions;
    private final List<NotSent> failures = new ArrayList<>();
    private @Nullable Exception first;
    private volatile boolean closed;
    private volatile @Nullable Throwable threadFailure;

    /**
     * A row that the broker has not taken.
     *
     * @param row the row
     * @param cause failure that the producer reported
     * @param partition partition that it was for, or null if none was chosen yet
     * @param verdict what is to blame
     */
    public record NotSent(
            OutboxRecord row, Exception cause, @Nullable Integer partition, SendVerdict verdict) {

        /** Creates the failure of a row that send() has refused, before a partition was chosen. */
        public static NotSent refusedBySend(OutboxRecord row, Exception cause) {
            return new NotSent(row, cause, null, SendVerdict.on(cause));
        }
    }

    /**
     * Creates the sender and takes over the producer.
     *
     * @param onChange called when it has closed itself, or knows more of a topic
     * @param partitions asks the cluster for a topic's number of partitions; may wait
     */
    RelayProducer(
            Producer<byte[], byte[]> kafka,
            Runnable onChange,
            MessageTracing tracing,
            ToIntFunction<String> partitions) {
        this.onChange = onChange;
        this.tracing = tracing;
        this.kafka = kafka;
        this.metadata = new TopicMetadata(kafka::partitionsFor, onChange);
        this.partitions =
                new TopicPartitions(topic -> kafka.partitionsFor(topic).size(), partitions, onChange);
    }

    /** Returns what it knows of partitions. */
    public TopicPartitions partitions() {
        return partitions;
    }

    /**
     * Returns why a row can never be sent as it is: it is unreadable, or the cluster has just answered that its
     * partition does not exist. Null if neither is known.
     */
    @Nullable
    public RuntimeException findFault(OutboxRecord row) {
        RuntimeException unreadable = row.unreadable();
        return unreadable == null && partitions.isMissing(row) ? partitions.missingPartition(row) : unreadable;
    }

    /** Returns the topics that the cluster is being asked about. */
    public Set<String> topicsBeingAsked() {
        Set<String> topics = new HashSet<>(metadata.topicsBeingAsked());
        topics.addAll(partitions.topicsBeingAsked());
        return topics;
    }

    /** Returns the topics that the cluster has given no answer about since the last call, and forgets them. */
    public List<Unanswered> takeUnanswered() {
        List<Unanswered> missing = new ArrayList<>(metadata.takeUnanswered());
        missing.addAll(partitions.takeUnanswered());
        return missing;
    }

    /** Returns what it knows of the metadata of topics. */
    public TopicMetadata metadata() {
        return metadata;
    }

    /**
     * Hands a row to the producer. The broker's answer goes to the completions, on the producer's thread.
     *
     * @return the failure, or null if the producer has taken the record. A record that it has not taken was not sent.
     *     The producer is closed then, unless it has itself reported what is wrong with the record
     */
    @Nullable
    public Exception send(OutboxRecord row, Completions completions) {
        Thread caller = Thread.currentThread();
        AtomicReference<@Nullable Exception> refused = new AtomicReference<>();
        ObservedStep observedStep = tracing.sending(row.message());
        try {
            var unused = kafka.send(record(row.message()), (metadata, failure) -> {
                try {
                    observedStep.end(failure);
                    if (failure == null) {
                        completions.acknowledged(row, confirmation(row.message(), metadata));
                    } else if (Thread.currentThread() == caller) {
                        refused.set(failure);
                    } else {
                        fail(row, failure, partition(metadata)); // in the callback: the next request was not sent yet
                    }
                } catch (Throwable t) { // it would end Kafka's thread, and no more answers would come
                    closeAfterThreadFailure(t);
                }
            });
        } catch (KafkaException e) {
            // an earlier failure, not of this record, has made the producer useless: a new one may work. Or code of the
            // host has thrown it: then the row fails again when it is sent alone
            observedStep.end(e);
            fail(row, earlierFailure(e), null);
        } catch (Exception e) {
            // Thrown by code of the host that runs within send(). It may have left half a record behind, so this
            // producer sends nothing more. If the producer was closed, this is only its report of that.
            observedStep.end(e);
            if (!closed) {
                closeAtOnce();
                return e;
            }
        } catch (Error e) {
            observedStep.end(e);
            closeAtOnce();
            throw e;
        }
        return refused.get();
    }

    private void closeAfterThreadFailure(Throwable thrown) {
        threadFailure = thrown; // first: this takes no memory
        closeAtOnce();
        onChange.run();
    }

    /**
     * Returns what a thread of the producer, or one that asks about topics, has failed with, such as an
     * OutOfMemoryError; null if none has failed. An Error of a question is cleared.
     */
    @Nullable
    public Throwable takeThreadFailure() {
        if (threadFailure != null) {
            return threadFailure;
        }
        Error failure = metadata.takeFailed();
        return failure == null ? partitions.takeFailed() : failure;
    }

    // the earlier failure that the producer reports, if it reports one
    public static Exception earlierFailure(KafkaException failure) {
        return failure.getCause() instanceof Exception earlier ? earlier : failure;
    }

    // The records of a batch fail with the same exception, and all others because the producer was closed for it.
    private void fail(OutboxRecord row, Exception cause, @Nullable Integer partition) {
        synchronized (failures) {
            if (!closed) {
                first = cause;
            }
            SendVerdict verdict = SendVerdict.on(cause);
            boolean closedForAnother = verdict == SendVerdict.UNKNOWN && cause != first;
            failures.add(new NotSent(row, cause, partition, closedForAnother ? SendVerdict.TRANSIENT : verdict));
            closed = true;
        }
        closeAtOnce();
        onChange.run();
    }

    private static @Nullable Integer partition(@Nullable RecordMetadata metadata) {
        return metadata == null || metadata.partition() < 0 ? null : metadata.partition();
    }

    // Exceptions of close come from code of the host, such as a metrics reporter. An interrupt that was meant for other
    // code must not shorten the wait for the producer's thread, which takes no longer than its current work.
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
            log.debug("The relay's producer is closed, and a part of it failed in close", t);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    public static ProducerRecord<byte[], byte[]> record(WireMessage message) {
        return new ProducerRecord<>(
                message.topic(), message.partition(), null, message.key(), message.value(), message.headers());
    }

    public static Confirmation confirmation(WireMessage message, RecordMetadata metadata) {
        return new Confirmation(
                message.id(),
                metadata.topic(),
                metadata.partition(),
                metadata.offset(),
                Instant.ofEpochMilli(metadata.timestamp()));
    }

    /** Returns whether it is closed, by a failure or otherwise. */
    public boolean isClosed() {
        return closed;
    }

    /** Closes it when all sent records are answered. */
    public void end() {
        closed = true;
        close(END_LIMIT);
    }

    /**
     * Closes it without waiting. Rows in flight are given up, and the owners of their lanes send them again. No more
     * answers come when this returns.
     *
     * @return the failures, in the order in which they were reported; most are caused by another
     */
    public List<NotSent> abandon() {
        closeAtOnce();
        synchronized (failures) {
            return List.copyOf(failures);
        }
    }
}
