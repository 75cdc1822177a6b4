package io.reliablemessaging.consumer;

import io.reliablemessaging.delivery.ListenerSettings;
import io.reliablemessaging.lines.MemoryBudget;
import io.reliablemessaging.lines.PartitionLines;
import io.reliablemessaging.reachability.FailureLog;
import io.reliablemessaging.reachability.Reachability;
import io.reliablemessaging.text.ReadableLogger;
import io.reliablemessaging.timing.Backoff;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.MetricName;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.event.Level;

/**
 * Reads records and commits offsets, on one thread, the only one that uses the consumer:
 *
 * <ol>
 *   <li>an assigned partition is prepared: its topic id, offset and history are read;
 *   <li>it polls all the time, whatever handlers do, so that a slow handler never costs a partition;
 *   <li>a partition of which enough was read is paused;
 *   <li>offsets are committed up to the first unfinished record of each partition;
 *   <li>while a person has paused the listener, it polls and owns its partitions, and has read nothing of them that waits;
 *   <li>a revoked partition starts nothing more, running handlers may finish within a bound, and its offset is committed.
 *       Its next owner reads the rest again, and the inbox drops what is done.
 * </ol>
 */
final class RecordLoop implements RecordReader {

    private static final Logger log = ReadableLogger.of(RecordLoop.class);

    private static final Duration BUSY = Duration.ofMillis(10);
    private static final Duration IDLE = Duration.ofMillis(250);
    private static final long COMMIT_NANOS = Duration.ofMillis(100).toNanos();

    private final ConsumerServices services;
    private final ListenerSettings settings;
    private final Function<Boolean, Consumer<byte[], byte[]>> consumers;
    private final InstantSource clock;
    private final Dispatcher dispatcher;
    private final MemoryBudget.Account memory;
    private final OwnedPartitions partitions;
    private final PartitionPauses pauses;
    private final PausedLag pausedLag = new PausedLag();
    private final FailureLog failures;
    private long lastCommit;
    private Backoff backoff = Backoff.of(Duration.ofSeconds(1), Duration.ofSeconds(30));
    private boolean oneAtATime;
    private volatile boolean stopping;
    private volatile Reading reading = Reading.UNKNOWN;
    private volatile Map<TopicPartition, Long> failedAt = Map.of();
    private volatile @Nullable Consumer<byte[], byte[]> consumer;
    private volatile @Nullable RuntimeException trouble;

    /**
     * Creates a loop that is not started.
     *
     * @param consumers creates a consumer; for {@code true}, one that returns one record with each poll
     */
    RecordLoop(ConsumerServices services, Function<Boolean, Consumer<byte[], byte[]>> consumers, InstantSource clock) {
        this.services = services;
        this.settings = services.settings();
        this.consumers = consumers;
        this.clock = clock;
        this.dispatcher = new Dispatcher(services);
        this.memory = services.memory().open();
        this.partitions = new OwnedPartitions(services, dispatcher, memory);
        this.pauses = new PartitionPauses(settings.id(), memory, services.outages()::isOn);
        this.failures = new FailureLog(
                log,
                Level.ERROR,
                services.infrastructure(),
                "Listener %s cannot read; it retries until it can".formatted(settings.id()),
                "Listener %s reads again".formatted(settings.id()));
    }

    @Override
    public void run() {
        try {
            while (!stopping) {
                read();
            }
        } finally {
            dispatcher.close();
            memory.close();
        }
    }

    /** Reads with one consumer until the loop is stopped or the consumer fails. */
    private void read() {
        try (Consumer<byte[], byte[]> opened = consumers.apply(oneAtATime)) {
            consumer = opened;
            opened.subscribe(services.topics(), new Rebalance(opened));
            while (!stopping) {
                pollOnce(opened);
                failures.worked();
                trouble = null;
                backoff = backoff.reset();
            }
            handOver(opened, partitions.names());
        } catch (WakeupException e) {
            // stop() was called just before the consumer was closed
        } catch (RuntimeException e) {
            failures.failed(e);
            trouble = e;
            partitions.clear();
            pause(backoff.delay());
            backoff = backoff.doubled();
        } finally {
            consumer = null;
            reading = Reading.UNKNOWN;
            partitions.clear();
        }
    }

    private void pollOnce(Consumer<byte[], byte[]> consumer) {
        try {
            if (!services.mayHandle()) {
                releaseIdle(consumer);
            }
            partitions.prepare(consumer);
            pauses.apply(consumer, partitions.lines(), partitions.unprepared(), !services.mayRead());
            ConsumerRecords<byte[], byte[]> records = consumer.poll(isBusy() ? BUSY : IDLE);
            partitions.add(records);
        } catch (WakeupException e) {
            return;
        } catch (Error e) {
            if (oneAtATime) {
                failedAt = readPositions(consumer);
                throw e;
            }
            // any record of this poll may be the cause: a person must learn which
            oneAtATime = true;
            throw new IllegalStateException(
                    "Error while reading. The listener reads one record at a time, to find the record, until it is started again",
                    e);
        }
        if (System.nanoTime() - lastCommit > COMMIT_NANOS) {
            doPeriodicWork(consumer);
        }
    }

    /** Gives up what a paused listener has read and not begun: it stays a member of its group, and reads that again. */
    private void releaseIdle(Consumer<byte[], byte[]> consumer) {
        Map<TopicPartition, Long> idle = partitions.closeIdle();
        if (!idle.isEmpty()) {
            handOver(consumer, idle.keySet());
            partitions.keepUnprepared(consumer, idle);
        }
    }

    private boolean isBusy() {
        if (kafka().isAway()) {
            return false; // nothing comes and nothing can be committed; Kafka's client has a line in the log for each
            // try
        }
        return partitions.lines().stream().anyMatch(lines -> lines.unfinished() > 0 || lines.toCommit() != null);
    }

    /** Commits offsets, writes progress and updates the reading. */
    private void doPeriodicWork(Consumer<byte[], byte[]> consumer) {
        lastCommit = System.nanoTime();
        partitions.leaveFormerTopics(consumer);
        commitLater(consumer);
        reading = new Reading(
                services.mayHandle() ? ListenerLag.sum(consumer, partitions.lines()) : pausedLag.read(consumer),
                partitions.lines().stream()
                        .mapToInt(PartitionLines::uncommittedSpan)
                        .max()
                        .orElse(0),
                memory.bytes(),
                pauses.limit());
        if (!partitions.noteProgress(consumer, clock.instant())) {
            throw new IllegalStateException("This process was stopped for longer than the inbox remembers messages."
                    + " The listener joins its group again before it handles anything else");
        }
    }

    private void commitLater(Consumer<byte[], byte[]> consumer) {
        Map<TopicPartition, OffsetAndMetadata> offsets = partitions.toCommit(partitions.names());
        if (!offsets.isEmpty()) {
            consumer.commitAsync(offsets, (committed, failure) -> {
                if (failure == null) {
                    partitions.noteCommitted(committed);
                } else {
                    log.debug(
                            "Listener {} could not commit offsets; it commits them with the next ones",
                            settings.id(),
                            failure);
                }
            });
        }
    }

    /** Lets running handlers finish within the bound, commits, and releases the partitions. */
    private void handOver(Consumer<byte[], byte[]> consumer, Collection<TopicPartition> leaving) {
        partitions.close(leaving);
        awaitIdle(leaving);
        try {
            Map<TopicPartition, OffsetAndMetadata> offsets = partitions.toCommit(leaving);
            if (!offsets.isEmpty()) {
                commitNow(consumer, offsets);
            }
        } catch (KafkaException e) {
            log.atLevel(afterOutage(Level.INFO))
                    .log(
                            "Listener {} could not commit offsets while handing partitions over. Some messages are delivered again, and the inbox drops them: {}",
                            settings.id(),
                            e);
        }
        partitions.noteHandedOver(leaving);
        partitions.remove(leaving);
    }

    private static void commitNow(Consumer<byte[], byte[]> consumer, Map<TopicPartition, OffsetAndMetadata> offsets) {
        try {
            consumer.commitSync(offsets);
        } catch (WakeupException e) {
            consumer.commitSync(offsets); // stop() has woken the consumer: the commit goes on
        }
    }

    private void awaitIdle(Collection<TopicPartition> leaving) {
        long end = System.nanoTime() + settings.handOverLimit().toNanos();
        List<PartitionLines> all = partitions.lines().stream()
                .filter(lines -> leaving.contains(lines.partition()))
                .toList();
        boolean idle = true;
        try {
            for (PartitionLines lines : all) {
                idle &= lines.awaitIdle(Duration.ofNanos(Math.max(0, end - System.nanoTime())));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            idle = false;
        }
        if (!idle) {
            log.warn(
                    "Listener {} hands partitions over while handlers still run: they did not finish within {} (hand-over-timeout). Of two"
                            + " transactions for one message, the inbox lets only the first commit",
                    settings.id(),
                    settings.handOverLimit());
        }
    }

    private Map<TopicPartition, Long> readPositions(Consumer<?, ?> consumer) {
        Map<TopicPartition, Long> positions = new HashMap<>();
        for (TopicPartition partition : partitions.names()) {
            try {
                positions.put(partition, consumer.position(partition, Duration.ZERO));
            } catch (RuntimeException e) {
                log.debug("The position in {} is unknown", partition, e);
            }
        }
        return positions;
    }

    private Reachability kafka() {
        return services.infrastructure().kafka();
    }

    // during an outage, a line of each listener would be too many
    private Level afterOutage(Level level) {
        return kafka().isDisturbed() ? Level.DEBUG : level;
    }

    private void pause(Duration delay) {
        long end = System.nanoTime() + delay.toNanos();
        while (!stopping && System.nanoTime() < end) {
            LockSupport.parkNanos(Duration.ofMillis(100).toNanos());
        }
    }

    @Override
    public void stop() {
        stopping = true;
        Consumer<byte[], byte[]> current = consumer;
        if (current != null) {
            current.wakeup();
        }
    }

    @Override
    public Set<TopicPartition> partitions() {
        return partitions.names();
    }

    @Override
    public boolean isPaused() {
        return pauses.isPaused();
    }

    @Override
    public Reading reading() {
        Reading last = reading;
        // the ends of partitions that the consumer knows are out of date
        return kafka().isAway() ? last.withoutLag() : last;
    }

    @Override
    public Optional<RuntimeException> trouble() {
        return Optional.ofNullable(trouble)
                .filter(thrown -> !services.infrastructure().explains(thrown));
    }

    @Override
    public Map<TopicPartition, Long> failedAt() {
        return failedAt;
    }

    @Override
    public Map<String, Map<MetricName, ? extends Metric>> metrics() {
        Consumer<?, ?> current = consumer;
        return current == null ? Map.of() : Map.of(settings.id(), current.metrics());
    }

    private final class Rebalance implements ConsumerRebalanceListener {

        private final Consumer<byte[], byte[]> consumer;

        private Rebalance(Consumer<byte[], byte[]> consumer) {
            this.consumer = consumer;
        }

        @Override
        public void onPartitionsAssigned(Collection<TopicPartition> assigned) {
            partitions.assign(consumer, assigned);
            if (!assigned.isEmpty()) {
                log.debug("Listener {} reads {}", settings.id(), assigned);
            }
        }

        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> revoked) {
            handOver(consumer, revoked);
        }

        @Override
        public void onPartitionsLost(Collection<TopicPartition> lost) {
            log.atLevel(afterOutage(Level.WARN))
                    .log(
                            "Listener {} has lost {}: the broker gave them to another instance. Handlers that still run cannot commit what that one has committed",
                            settings.id(),
                            lost);
            partitions.remove(lost);
        }
    }
}
