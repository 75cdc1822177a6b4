package io.reliablemessaging.relay;

import io.reliablemessaging.Confirmation;
import io.reliablemessaging.MessagingObserver;
import io.reliablemessaging.lanes.LaneLease;
import io.reliablemessaging.outbox.OutboxRecord;
import io.reliablemessaging.producer.RelayProducer;
import io.reliablemessaging.producer.TopicPartitions;
import io.reliablemessaging.quarantine.ReleasePlan;
import io.reliablemessaging.quarantine.ReleasedMessage;
import io.reliablemessaging.quarantine.ReleasedRows;
import io.reliablemessaging.quarantine.TopicKey;
import io.reliablemessaging.text.ReadableLogger;
import io.reliablemessaging.tracing.MessageTracing;
import io.reliablemessaging.tracing.ObservedStep;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/**
 * Sends the released messages that are due, on its own thread and with its own producer:
 *
 * <ol>
 *   <li>find the due messages and publish their keys: the keys stay blocked for the main flow until this run has ended,
 *       so that the two never send messages of one key at the same time;
 *   <li>load a few, bounded by rows and by bytes;
 *   <li>send the next message of a topic when the broker has taken the one before. One that is refused again stays,
 *       with the later ones of its key, and the next run sends the others;
 *   <li>delete the messages that the broker has taken. If the instance dies before, they are sent twice, and the inbox
 *       drops the second.
 * </ol>
 *
 * <p>The lanes and the lease are checked before each message, as in the main flow.
 */
final class ReleaseRun {

    private static final Logger log = ReadableLogger.of(ReleaseRun.class);

    private static final int MOST_DUE = 1000;
    private static final int MOST_ROWS = 128;
    private static final long MOST_BYTES = 4 << 20;
    private static final Duration SILENCE = Duration.ofSeconds(10);
    private static final String SILENT =
            "Kafka has not answered for messages from the quarantine that were sent %s ago".formatted(SILENCE);

    private final ReleasedRows rows;
    private final SendGate sendGate;
    private final MessagingObserver observer;
    private final MessageTracing tracing;
    private final Supplier<Producer<byte[], byte[]>> producers;
    private final Supplier<LaneLease> lease;
    private final LaneLease began;
    private final Set<Integer> lanes;

    private final BlockingQueue<Answer> answers = new LinkedBlockingQueue<>();
    private final Map<Long, OutboxRecord> unanswered = new LinkedHashMap<>();
    private final List<Sent> acknowledged = new ArrayList<>();
    private volatile Map<TopicKey, Long> keys = Map.of();
    private volatile boolean abandoned;
    private volatile @Nullable Producer<byte[], byte[]> producer;

    // guarded by this
    private boolean maySend = true;
    private final Map<Integer, Integer> underWay = new HashMap<>();

    /** The result of a run. */
    enum Found {
        /** Some messages were due, whatever has become of them. */
        DUE,
        /** Messages are in quarantine, but none is due. */
        NONE_DUE,
        /** Nothing of these lanes is in quarantine. */
        NOTHING
    }

    private record Sent(OutboxRecord row, Confirmation confirmation) {}

    /**
     * The answer to a record.
     *
     * @param row the record, or null to wake the run only
     * @param metadata where the broker has stored it; null after a failure
     * @param failure the failure; null if there is none
     */
    private record Answer(
            @Nullable OutboxRecord row,
            @Nullable RecordMetadata metadata,
            @Nullable Exception failure) {}

    /**
     * Creates a run.
     *
     * @param lanes our lanes, to search for due messages
     * @param lease returns our current lease
     */
    ReleaseRun(
            ReleasedRows rows,
            SendGate sendGate,
            MessagingObserver observer,
            MessageTracing tracing,
            Supplier<Producer<byte[], byte[]>> producers,
            Collection<Integer> lanes,
            Supplier<LaneLease> lease) {
        this.rows = rows;
        this.sendGate = sendGate;
        this.observer = observer;
        this.tracing = tracing;
        this.producers = producers;
        this.lanes = new HashSet<>(lanes);
        this.lease = lease;
        this.began = lease.get();
    }

    /**
     * Sends the due messages.
     *
     * @param leftOut topics to send nothing to
     */
    Found send(Set<String> leftOut) throws InterruptedException {
        try {
            ReleasePlan plan = new ReleasePlan(rows.findDue(lanes, leftOut, MOST_DUE));
            // before the load: a message that a person discards from now on may still be sent
            keys = plan.keys();
            List<ReleasedMessage> next = plan.takeChunk(MOST_ROWS, MOST_BYTES);
            if (next.isEmpty()) {
                return rows.hasAny(lanes) ? Found.NONE_DUE : Found.NOTHING;
            }
            while (!next.isEmpty() && maySendMore()) {
                send(plan, plan.beginChunk(rows.load(next)));
                next = plan.takeChunk(MOST_ROWS, MOST_BYTES);
            }
            return Found.DUE;
        } finally {
            closeProducer();
        }
    }

    /** Returns the keys whose messages it sends, each with its first id. */
    Map<TopicKey, Long> keys() {
        return keys;
    }

    /** Returns whether messages of a lane are under way. */
    synchronized boolean hasUnderWay(int lane) {
        return underWay.containsKey(lane);
    }

    /** Sends no more messages of other lanes than these. */
    synchronized void retain(Set<Integer> ours) {
        lanes.retainAll(ours);
    }

    /** Sends nothing more; messages under way may still be answered. */
    synchronized void finish() {
        maySend = false;
    }

    /** Sends nothing more, and gives up the messages under way. */
    void abandon() {
        finish();
        abandoned = true;
        closeProducer();
        answers.add(new Answer(null, null, null));
    }

    private synchronized boolean maySendMore() {
        return maySend;
    }

    private void send(ReleasePlan plan, List<OutboxRecord> first) throws InterruptedException {
        for (OutboxRecord row : first) {
            send(plan, row);
            handleKnown(plan); // at once: each further message of a missing topic would block send()
        }
        while (!unanswered.isEmpty() && !abandoned) {
            Answer answer = answers.poll(SILENCE.toNanos(), TimeUnit.NANOSECONDS);
            if (answer == null) {
                giveUpSilent(plan);
            } else {
                handle(plan, answer);
            }
        }
        handleKnown(plan);
        delete();
    }

    private void handleKnown(ReleasePlan plan) {
        for (Answer known = answers.poll(); known != null; known = answers.poll()) {
            handle(plan, known);
        }
    }

    private void send(ReleasePlan plan, @Nullable OutboxRecord first) {
        OutboxRecord row = first;
        while (row != null && row.unreadable() != null) {
            sendGate.requarantineUnreadable(row, row.unreadable());
            plan.dropKeyOf(row);
            row = plan.takeNextAfter(row);
        }
        if (row != null && begin(row)) {
            send(row);
        }
    }

    private void send(OutboxRecord row) {
        unanswered.put(row.id(), row);
        ObservedStep observedStep = tracing.sending(row.message());
        try {
            Producer<byte[], byte[]> open = open();
            requirePartition(row, open);
            var unused = open.send(RelayProducer.record(row.message()), (metadata, failure) -> {
                try {
                    observedStep.end(failure);
                } finally {
                    answers.add(new Answer(row, metadata, failure));
                }
            });
        } catch (Exception e) { // of this producer, or of the host's code in it: it sends nothing more
            observedStep.end(e);
            finish();
            answers.add(new Answer(
                    row, null, e instanceof KafkaException failure ? RelayProducer.earlierFailure(failure) : e));
        } catch (Error e) {
            observedStep.end(e);
            throw e;
        }
    }

    // the producer would wait for a partition that does not exist; it was opened for this run, so its metadata are new
    private static void requirePartition(OutboxRecord row, Producer<byte[], byte[]> open) {
        Integer partition = row.message().partition();
        if (partition != null) {
            int partitions = open.partitionsFor(row.message().topic()).size();
            if (partition >= partitions) {
                throw TopicPartitions.missingPartition(row, partitions);
            }
        }
    }

    private synchronized boolean begin(OutboxRecord row) {
        LaneLease now = lease.get();
        int lane = row.lane();
        maySend &= lanes.contains(lane)
                && !now.isOver()
                && Objects.equals(now.epochs().get(lane), began.epochs().get(lane));
        if (maySend) {
            underWay.merge(lane, 1, Integer::sum);
        }
        return maySend;
    }

    private synchronized void end(OutboxRecord row) {
        underWay.computeIfPresent(row.lane(), (lane, count) -> count == 1 ? null : count - 1);
    }

    private void handle(ReleasePlan plan, Answer answer) {
        OutboxRecord row = answer.row();
        if (row == null) {
            return;
        }
        unanswered.remove(row.id());
        if (answer.failure() == null && answer.metadata() != null) {
            acknowledged.add(new Sent(row, RelayProducer.confirmation(row.message(), answer.metadata())));
            sendGate.noteReleasedTaken(row);
            send(plan, plan.takeNextAfter(row));
            return;
        }
        end(row);
        if (!abandoned && answer.failure() != null) {
            abandon(); // the next run has a new producer, without this failure
            sendGate.judgeReleased(row, answer.failure());
        }
    }

    // The broker may have written them: this producer sends nothing more, and they are sent again before later ones.
    private void giveUpSilent(ReleasePlan plan) {
        abandon();
        handleKnown(plan);
        unanswered.values().forEach(row -> sendGate.judgeReleased(row, new TimeoutException(SILENT)));
    }

    private void delete() {
        if (acknowledged.isEmpty()) {
            return;
        }
        rows.delete(acknowledged.stream().map(Sent::row).toList());
        for (Sent sent : acknowledged) {
            end(sent.row());
            observer.sent(sent.confirmation(), sent.row().waited());
        }
        acknowledged.clear();
    }

    private Producer<byte[], byte[]> open() {
        Producer<byte[], byte[]> open = producer;
        if (open == null) {
            open = producers.get();
            producer = open;
            if (abandoned) {
                closeProducer(); // the thread that gave the run up could not see it yet
            }
        }
        return open;
    }

    private void closeProducer() {
        Producer<byte[], byte[]> open = producer;
        if (open == null) {
            return;
        }
        boolean interrupted = Thread.interrupted();
        try {
            open.close(Duration.ZERO);
        } catch (Throwable t) { // of the host's code, such as a metrics reporter
            log.debug("The producer of released messages is closed, and a part of it failed in close", t);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
