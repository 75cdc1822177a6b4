package io.reliablemessaging.consumer;

import io.reliablemessaging.delivery.ListenerSettings;
import io.reliablemessaging.reachability.FailureLog;
import io.reliablemessaging.reachability.Reachability;
import io.reliablemessaging.text.ReadableLogger;
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
 * Reads records and commits offsets, on one thread that alone uses the consumer:
 *
 * <ol>
 *   <li>a partition that is assigned is prepared: which topic it is of, what came before in it;
 *   <li>it polls without end, whatever handlers do, so that a slow one never costs a partition;
 *   <li>a partition of which enough was read is paused;
 *   <li>offsets are committed up to the first unfinished record of each partition;
 *   <li>a partition that is revoked begins nothing more, what runs may finish within a bound, and its offset is committed;
 *       what is left comes again with its next owner, and the inbox drops what was done.
 * </ol>
 */
final class RecordLoop implements Reader {

    private static final Logger log = ReadableLogger.of(RecordLoop.class);

    private static final Duration BUSY = Duration.ofMillis(10);
    private static final Duration IDLE = Duration.ofMillis(250);
    private static final long COMMIT_NANOS = Duration.ofMillis(100).toNanos();
    private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);

    private final ConsumerParts parts;
    private final ListenerSettings settings;
    private final Function<Boolean, Consumer<byte[], byte[]>> consumers;
    private final InstantSource clock;
    private final Dispatcher dispatcher;
    private final MemoryBudget.Account memory;
    private final OwnedPartitions partitions;
    private final ReadingPace pace;
    private final FailureLog failures;
    private long lastCommit;
    private Duration pause = FIRST_PAUSE;
    private boolean oneAtATime;
    private volatile boolean stopping;
    private volatile Reading reading = Reading.UNKNOWN;
    private volatile Map<TopicPartition, Long> failedAt = Map.of();
    private volatile @Nullable Consumer<byte[], byte[]> consumer;
    private volatile @Nullable RuntimeException trouble;

    /**
     * Creates it.
     *
     * @param consumers makes a consumer; of one that gives out one record at a time if that is wanted
     */
    RecordLoop(ConsumerParts parts, Function<Boolean, Consumer<byte[], byte[]>> consumers, InstantSource clock) {
        this.parts = parts;
        this.settings = parts.settings();
        this.consumers = consumers;
        this.clock = clock;
        this.dispatcher = new Dispatcher(parts);
        this.memory = parts.memory().open();
        this.partitions = new OwnedPartitions(parts, dispatcher, memory);
        this.pace = new ReadingPace(settings.id(), memory, parts.outages()::isOn);
        this.failures = new FailureLog(
                log,
                Level.ERROR,
                parts.infrastructure(),
                "Listener %s cannot read; it tries again until it can".formatted(settings.id()),
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

    /** Reads with one consumer until it is told to stop, or that consumer fails. */
    private void read() {
        try (Consumer<byte[], byte[]> opened = consumers.apply(oneAtATime)) {
            consumer = opened;
            opened.subscribe(parts.topics(), new Rebalance(opened));
            while (!stopping) {
                turn(opened);
                failures.worked();
                trouble = null;
                pause = FIRST_PAUSE;
            }
            handOver(opened, partitions.names());
        } catch (WakeupException e) {
            // told to stop, just before the consumer was closed
        } catch (RuntimeException e) {
            failures.failed(e);
            trouble = e;
            partitions.clear();
            pause = pauseAfter(pause);
        } finally {
            consumer = null;
            reading = Reading.UNKNOWN;
            partitions.clear();
        }
    }

    private void turn(Consumer<byte[], byte[]> consumer) {
        try {
            partitions.prepare(consumer);
            pace.apply(
                    consumer,
                    partitions.lines(),
                    partitions.unprepared(),
                    parts.paused().getAsBoolean());
            ConsumerRecords<byte[], byte[]> records = consumer.poll(isBusy() ? BUSY : IDLE);
            partitions.add(records);
        } catch (WakeupException e) {
            return;
        } catch (Error e) {
            if (oneAtATime) {
                failedAt = positions(consumer);
                throw e;
            }
            // it may be any of the records that were to come with this read: a person must know which
            oneAtATime = true;
            throw new IllegalStateException(
                    "An error while reading; until it is started again, the listener reads one record at a time", e);
        }
        if (System.nanoTime() - lastCommit > COMMIT_NANOS) {
            now(consumer);
        }
    }

    private boolean isBusy() {
        if (kafka().isAway()) {
            return false; // nothing comes and nothing can be committed; Kafka's client has a line in the log for each
            // try
        }
        return partitions.lines().stream().anyMatch(lines -> lines.unfinished() > 0 || lines.toCommit() != null);
    }

    /** Does what is due now and then. */
    private void now(Consumer<byte[], byte[]> consumer) {
        lastCommit = System.nanoTime();
        partitions.leaveFormerTopics(consumer);
        commitSoon(consumer);
        reading = new Reading(
                Lag.of(consumer, partitions.lines()),
                partitions.lines().stream()
                        .mapToInt(PartitionLines::uncommittedSpan)
                        .max()
                        .orElse(0),
                memory.bytes(),
                pace.limit());
        if (!partitions.noteProgress(consumer, clock.instant())) {
            throw new IllegalStateException("This process was stopped for longer than the inbox remembers messages;"
                    + " its partitions are assigned anew before anything else is handled");
        }
    }

    private void commitSoon(Consumer<byte[], byte[]> consumer) {
        Map<TopicPartition, OffsetAndMetadata> offsets = partitions.toCommit(partitions.names());
        if (!offsets.isEmpty()) {
            consumer.commitAsync(offsets, (committed, failure) -> {
                if (failure == null) {
                    partitions.committed(committed);
                } else {
                    log.debug("Listener {} commits offsets later", settings.id(), failure);
                }
            });
        }
    }

    /** Lets what runs finish, and commits. */
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
                            "Listener {} could not commit; some messages come again, and the inbox drops them: {}",
                            settings.id(),
                            e);
        }
        partitions.ended(leaving);
        partitions.remove(leaving);
    }

    private static void commitNow(Consumer<byte[], byte[]> consumer, Map<TopicPartition, OffsetAndMetadata> offsets) {
        try {
            consumer.commitSync(offsets);
        } catch (WakeupException e) {
            consumer.commitSync(offsets); // told to stop: this is how
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
                    "Listener {} hands partitions over while handlers still run: they did not finish within {}. Whoever"
                            + " commits first counts",
                    settings.id(),
                    settings.handOverLimit());
        }
    }

    private Map<TopicPartition, Long> positions(Consumer<?, ?> consumer) {
        Map<TopicPartition, Long> positions = new HashMap<>();
        for (TopicPartition partition : partitions.names()) {
            try {
                positions.put(partition, consumer.position(partition, Duration.ZERO));
            } catch (RuntimeException e) {
                log.debug("Position in {} is not known", partition, e);
            }
        }
        return positions;
    }

    private Reachability kafka() {
        return parts.infrastructure().kafka();
    }

    // one line for each listener, and there may be many
    private Level afterOutage(Level level) {
        return kafka().isDisturbed() ? Level.DEBUG : level;
    }

    private Duration pauseAfter(Duration pause) {
        long end = System.nanoTime() + pause.toNanos();
        while (!stopping && System.nanoTime() < end) {
            LockSupport.parkNanos(Duration.ofMillis(100).toNanos());
        }
        Duration doubled = pause.multipliedBy(2);
        return doubled.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : doubled;
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
        return pace.isPaused();
    }

    @Override
    public Reading reading() {
        Reading last = reading;
        // what the consumer has heard last of the ends of its partitions is old by now
        return kafka().isAway() ? last.withoutLag() : last;
    }

    @Override
    public Optional<RuntimeException> trouble() {
        return Optional.ofNullable(trouble)
                .filter(thrown -> !parts.infrastructure().explains(thrown));
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
            partitions.assigned(consumer, assigned);
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
                    .log("Listener {} has lost {}; whatever still runs cannot take effect twice", settings.id(), lost);
            partitions.remove(lost);
        }
    }
}
