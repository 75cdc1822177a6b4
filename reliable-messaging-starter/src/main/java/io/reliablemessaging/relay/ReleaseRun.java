package io.reliablemessaging.relay;

import io.reliablemessaging.Confirmation;
import io.reliablemessaging.MessagingObserver;
import io.reliablemessaging.outbox.OutboxRecord;
import io.reliablemessaging.text.ReadableLogger;
import io.reliablemessaging.tracing.MessageTracing;
import io.reliablemessaging.tracing.Traced;
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
 * Sends released messages once, on a thread and by a producer of its own:
 *
 * <ol>
 *   <li>see what is due, and say of which keys: they stay blocked for the main flow until this has ended, so that the two never
 *       send messages of one key at the same time;
 *   <li>load a few, bounded by rows and by bytes;
 *   <li>send of each topic the next one when the broker has the one before. One that is refused again stays, with the later ones
 *       of its key, and the next run goes on with the others;
 *   <li>delete what the broker has. Dies before: sent twice, the inbox drops the second.
 * </ol>
 *
 * <p>The lanes and the lease are looked at before each message, as in the main flow.
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
    private final Waiting waiting;
    private final MessagingObserver observer;
    private final MessageTracing tracing;
    private final Supplier<Producer<byte[], byte[]>> producers;
    private final Supplier<Lease> lease;
    private final Lease began;
    private final Set<Integer> lanes;

    private final BlockingQueue<Answer> answers = new LinkedBlockingQueue<>();
    private final Map<Long, OutboxRecord> unanswered = new LinkedHashMap<>();
    private final List<Sent> acknowledged = new ArrayList<>();
    private volatile Map<TopicKey, Long> keys = Map.of();
    private volatile boolean abandoned;
    private volatile @Nullable Producer<byte[], byte[]> producer;

    // guarded by this
    private boolean going = true;
    private final Map<Integer, Integer> underWay = new HashMap<>();

    /** What a run has found. */
    enum Found {
        /** Messages that were due, whatever became of them. */
        DUE,
        /** Only messages that are not to be sent for now. */
        NONE_DUE,
        /** Nothing at all. */
        NOTHING
    }

    private record Sent(OutboxRecord row, Confirmation confirmation) {}

    /**
     * What became of a record.
     *
     * @param row the record, or null if this is only to wake up
     * @param metadata where the broker has put it, unless it has failed
     * @param failure what was said against it
     */
    private record Answer(
            @Nullable OutboxRecord row,
            @Nullable RecordMetadata metadata,
            @Nullable Exception failure) {}

    /**
     * Makes a run.
     *
     * @param lanes lanes of ours to look at
     * @param lease our lanes, at any moment
     */
    ReleaseRun(
            ReleasedRows rows,
            Waiting waiting,
            MessagingObserver observer,
            MessageTracing tracing,
            Supplier<Producer<byte[], byte[]>> producers,
            Collection<Integer> lanes,
            Supplier<Lease> lease) {
        this.rows = rows;
        this.waiting = waiting;
        this.observer = observer;
        this.tracing = tracing;
        this.producers = producers;
        this.lanes = new HashSet<>(lanes);
        this.lease = lease;
        this.began = lease.get();
    }

    /**
     * Sends what is due.
     *
     * @param leftOut topics to leave alone
     */
    Found send(Set<String> leftOut) throws InterruptedException {
        try {
            ReleasePlan plan = new ReleasePlan(rows.due(lanes, leftOut, MOST_DUE));
            keys = plan.keys(); // before anything is loaded: what a person discards from now on may be sent all
            // the same
            List<Released> next = plan.next(MOST_ROWS, MOST_BYTES);
            if (next.isEmpty()) {
                return rows.isAny(lanes) ? Found.NONE_DUE : Found.NOTHING;
            }
            while (!next.isEmpty() && isGoing()) {
                send(plan, plan.begin(rows.load(next)));
                next = plan.next(MOST_ROWS, MOST_BYTES);
            }
            return Found.DUE;
        } finally {
            closeProducer();
        }
    }

    /** The keys that it sends messages of, each with the id of the first one. */
    Map<TopicKey, Long> keys() {
        return keys;
    }

    /** Whether messages of a lane are under way. */
    synchronized boolean has(int lane) {
        return underWay.containsKey(lane);
    }

    /** Only these lanes are ours from now on. */
    synchronized void retain(Set<Integer> ours) {
        lanes.retainAll(ours);
    }

    /** Sends nothing more; what is under way may be answered. */
    synchronized void finish() {
        going = false;
    }

    /** Sends nothing more, and gives up what is under way. */
    void abandon() {
        finish();
        abandoned = true;
        closeProducer();
        answers.add(new Answer(null, null, null));
    }

    private synchronized boolean isGoing() {
        return going;
    }

    private void send(ReleasePlan plan, List<OutboxRecord> first) throws InterruptedException {
        for (OutboxRecord row : first) {
            send(plan, row);
            takeKnown(plan); // at once: each further message of a missing topic would block send()
        }
        while (!unanswered.isEmpty() && !abandoned) {
            Answer answer = answers.poll(SILENCE.toNanos(), TimeUnit.NANOSECONDS);
            if (answer == null) {
                giveUpSilent(plan);
            } else {
                take(plan, answer);
            }
        }
        takeKnown(plan);
        delete();
    }

    private void takeKnown(ReleasePlan plan) {
        for (Answer known = answers.poll(); known != null; known = answers.poll()) {
            take(plan, known);
        }
    }

    private void send(ReleasePlan plan, @Nullable OutboxRecord first) {
        OutboxRecord row = first;
        while (row != null && row.unreadable() != null) {
            waiting.unreadableAgain(row, row.unreadable());
            plan.dropKeyOf(row);
            row = plan.after(row);
        }
        if (row != null && begin(row)) {
            send(row);
        }
    }

    private void send(OutboxRecord row) {
        unanswered.put(row.id(), row);
        Traced traced = tracing.sending(row.message());
        try {
            Producer<byte[], byte[]> open = open();
            requirePartition(row, open);
            var unused = open.send(RelayProducer.record(row.message()), (metadata, failure) -> {
                try {
                    traced.end(failure);
                } finally {
                    answers.add(new Answer(row, metadata, failure));
                }
            });
        } catch (Exception e) { // of this producer, or of code of the host's in it: it sends nothing more
            traced.end(e);
            finish();
            answers.add(new Answer(row, null, e instanceof KafkaException said ? RelayProducer.earlier(said) : e));
        } catch (Error e) {
            traced.end(e);
            throw e;
        }
    }

    // the producer would wait for one that is not there; this one was opened for the run, so what it knows is new
    private static void requirePartition(OutboxRecord row, Producer<byte[], byte[]> open) {
        Integer partition = row.message().partition();
        if (partition != null) {
            int partitions = open.partitionsFor(row.message().topic()).size();
            if (partition >= partitions) {
                throw TopicPartitions.missing(row, partitions);
            }
        }
    }

    private synchronized boolean begin(OutboxRecord row) {
        Lease now = lease.get();
        int lane = row.lane();
        going &= lanes.contains(lane)
                && !now.isOver()
                && Objects.equals(now.epochs().get(lane), began.epochs().get(lane));
        if (going) {
            underWay.merge(lane, 1, Integer::sum);
        }
        return going;
    }

    private synchronized void end(OutboxRecord row) {
        underWay.computeIfPresent(row.lane(), (lane, count) -> count == 1 ? null : count - 1);
    }

    private void take(ReleasePlan plan, Answer answer) {
        OutboxRecord row = answer.row();
        if (row == null) {
            return;
        }
        unanswered.remove(row.id());
        if (answer.failure() == null && answer.metadata() != null) {
            acknowledged.add(new Sent(row, RelayProducer.confirmation(row.message(), answer.metadata())));
            waiting.takenAgain(row);
            send(plan, plan.after(row));
            return;
        }
        end(row);
        if (!abandoned && answer.failure() != null) {
            abandon(); // the next run has another producer, which knows nothing of the failure
            waiting.refusedAgain(row, answer.failure());
        }
    }

    // They may have been written: this producer sends nothing more, and they are sent again before the later ones.
    private void giveUpSilent(ReleasePlan plan) {
        abandon();
        takeKnown(plan);
        unanswered.values().forEach(row -> waiting.refusedAgain(row, new TimeoutException(SILENT)));
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
                closeProducer(); // whoever gave it up could not see it
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
        } catch (Throwable t) { // of code of the host's, such as a metrics reporter
            log.debug("The producer of released messages is closed, and something of it failed", t);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
