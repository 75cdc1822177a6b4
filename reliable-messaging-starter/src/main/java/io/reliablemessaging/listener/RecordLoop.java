package io.reliablemessaging.listener;

import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
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
import org.slf4j.LoggerFactory;

/**
 * Reads records and commits offsets, on one thread that alone uses the consumer:
 *
 * <ol>
 *   <li>it polls without end, whatever handlers do, so that a slow one never costs a partition;
 *   <li>a partition with enough unfinished records is paused;
 *   <li>offsets are committed up to the first unfinished record of each partition;
 *   <li>a partition that is revoked begins nothing more, what runs may finish within a bound, and its offset is committed;
 *       what is left comes again with its next owner, and the inbox drops what was done.
 * </ol>
 */
final class RecordLoop implements Reader {

    private static final Logger log = LoggerFactory.getLogger(RecordLoop.class);

    private static final Duration BUSY = Duration.ofMillis(10);
    private static final Duration IDLE = Duration.ofMillis(250);
    private static final long COMMIT_NANOS = Duration.ofMillis(100).toNanos();
    private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);
    // unfinished records of a partition beyond which no more are read, and below which they are again
    private static final int ENOUGH = 1000;
    private static final int FEW = 500;

    private final ListenerSettings settings;
    private final Collection<String> topics;
    private final Supplier<Consumer<byte[], byte[]>> consumers;
    private final Assignment assignment;
    private final BooleanSupplier paused;
    private final Map<TopicPartition, PartitionWork> works = new ConcurrentHashMap<>();
    private final Set<TopicPartition> full = new HashSet<>();
    private final Lag lag = new Lag();
    private long lastCommit;
    private volatile boolean stopping;
    private volatile boolean pausedNow;
    private volatile @Nullable Consumer<byte[], byte[]> consumer;
    private volatile @Nullable RuntimeException trouble;

    /** What happens to partitions. */
    interface Assignment {
        PartitionWork assigned(TopicPartition partition, long position);

        void handedOver(TopicPartition partition);
    }

    RecordLoop(
            ListenerSettings settings,
            Collection<String> topics,
            Supplier<Consumer<byte[], byte[]>> consumers,
            Assignment assignment,
            BooleanSupplier paused) {
        this.settings = settings;
        this.topics = topics;
        this.consumers = consumers;
        this.assignment = assignment;
        this.paused = paused;
    }

    @Override
    public void run() {
        Duration pause = FIRST_PAUSE;
        while (!stopping) {
            try (Consumer<byte[], byte[]> opened = consumers.get()) {
                consumer = opened;
                opened.subscribe(topics, new Rebalance(opened));
                while (!stopping) {
                    turn(opened);
                    if (trouble != null) {
                        log.info("Listener {} reads again", settings.id());
                        trouble = null;
                        pause = FIRST_PAUSE;
                    }
                }
                handOver(opened, works.keySet());
            } catch (WakeupException e) {
                // told to stop, just before the consumer was closed
            } catch (RuntimeException e) {
                if (trouble == null) {
                    log.error("Listener {} cannot read; it tries again until it can", settings.id(), e);
                }
                trouble = e;
                pause = pauseAfter(pause);
            } finally {
                consumer = null;
                works.values().forEach(PartitionWork::close);
                works.clear();
                full.clear();
                lag.forget();
            }
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
        return Set.copyOf(works.keySet());
    }

    @Override
    public boolean isPaused() {
        return pausedNow;
    }

    @Override
    public Map<String, Map<MetricName, ? extends Metric>> metrics() {
        Consumer<?, ?> current = consumer;
        return current == null ? Map.of() : Map.of(settings.id(), current.metrics());
    }

    @Override
    public OptionalLong lag() {
        return lag.messages();
    }

    @Override
    public Optional<RuntimeException> trouble() {
        return Optional.ofNullable(trouble);
    }

    private void turn(Consumer<byte[], byte[]> consumer) {
        hold(consumer);
        ConsumerRecords<byte[], byte[]> records;
        try {
            boolean busy = works.values().stream()
                    .anyMatch(work -> work.size() > 0 || work.toCommit().isPresent());
            records = consumer.poll(busy ? BUSY : IDLE);
        } catch (WakeupException e) {
            return;
        }
        for (TopicPartition partition : records.partitions()) {
            PartitionWork work = works.get(partition);
            if (work != null) {
                work.add(records.records(partition));
            }
        }
        if (System.nanoTime() - lastCommit > COMMIT_NANOS) {
            commitSoon(consumer);
            lag.look(consumer, works.values());
        }
    }

    /** Pauses partitions that have enough, or all of them if a person wants it, and resumes the others. */
    private void hold(Consumer<byte[], byte[]> consumer) {
        boolean all = paused.getAsBoolean();
        for (PartitionWork work : works.values()) {
            int size = work.size();
            if (size >= ENOUGH) {
                full.add(work.partition());
            } else if (size < FEW) {
                full.remove(work.partition());
            }
        }
        Set<TopicPartition> is = consumer.paused();
        Set<TopicPartition> shall = all ? consumer.assignment() : full;
        if (!is.equals(shall)) {
            consumer.resume(is.stream().filter(each -> !shall.contains(each)).toList());
            consumer.pause(shall.stream().filter(works::containsKey).toList());
        }
        pausedNow = all;
    }

    private void commitSoon(Consumer<byte[], byte[]> consumer) {
        lastCommit = System.nanoTime();
        Map<TopicPartition, OffsetAndMetadata> offsets = toCommit(works.keySet());
        if (!offsets.isEmpty()) {
            consumer.commitAsync(offsets, (committed, failure) -> {
                if (failure == null) {
                    noteCommitted(committed);
                } else {
                    log.debug("Listener {} commits offsets later", settings.id(), failure);
                }
            });
        }
    }

    private Map<TopicPartition, OffsetAndMetadata> toCommit(Collection<TopicPartition> partitions) {
        Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
        for (TopicPartition partition : partitions) {
            PartitionWork work = works.get(partition);
            if (work != null) {
                work.toCommit().ifPresent(offset -> offsets.put(partition, new OffsetAndMetadata(offset)));
            }
        }
        return offsets;
    }

    private void noteCommitted(Map<TopicPartition, OffsetAndMetadata> committed) {
        committed.forEach((partition, offset) -> {
            PartitionWork work = works.get(partition);
            if (work != null) {
                work.committed(offset.offset());
            }
        });
    }

    /** Lets what runs finish, and commits. */
    private void handOver(Consumer<byte[], byte[]> consumer, Collection<TopicPartition> partitions) {
        List<PartitionWork> leaving =
                partitions.stream().map(works::get).filter(work -> work != null).toList();
        leaving.forEach(PartitionWork::close);
        boolean finished = awaitIdle(leaving);
        try {
            Map<TopicPartition, OffsetAndMetadata> offsets = toCommit(partitions);
            if (!offsets.isEmpty()) {
                commitNow(consumer, offsets);
            }
        } catch (KafkaException e) {
            log.info(
                    "Listener {} could not commit; some messages come again, and the inbox drops them: {}",
                    settings.id(),
                    e.toString());
        }
        for (PartitionWork work : leaving) {
            works.remove(work.partition());
            full.remove(work.partition());
            if (finished) {
                assignment.handedOver(work.partition());
            }
        }
    }

    private static void commitNow(Consumer<byte[], byte[]> consumer, Map<TopicPartition, OffsetAndMetadata> offsets) {
        try {
            consumer.commitSync(offsets);
        } catch (WakeupException e) {
            consumer.commitSync(offsets); // told to stop: this is how
        }
    }

    private boolean awaitIdle(List<PartitionWork> leaving) {
        long end = System.nanoTime() + settings.handOverLimit().toNanos();
        boolean all = true;
        try {
            for (PartitionWork work : leaving) {
                all &= work.awaitIdle(Duration.ofNanos(Math.max(0, end - System.nanoTime())));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            all = false;
        }
        if (!all) {
            log.warn(
                    "Listener {} hands partitions over while handlers still run: they did not finish within {}. Whoever"
                            + " commits first counts",
                    settings.id(),
                    settings.handOverLimit());
        }
        return all;
    }

    private Duration pauseAfter(Duration pause) {
        long end = System.nanoTime() + pause.toNanos();
        while (!stopping && System.nanoTime() < end) {
            LockSupport.parkNanos(Duration.ofMillis(100).toNanos());
        }
        Duration doubled = pause.multipliedBy(2);
        return doubled.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : doubled;
    }

    private final class Rebalance implements ConsumerRebalanceListener {

        private final Consumer<byte[], byte[]> consumer;

        private Rebalance(Consumer<byte[], byte[]> consumer) {
            this.consumer = consumer;
        }

        @Override
        public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
            for (TopicPartition partition : partitions) {
                works.put(partition, assignment.assigned(partition, consumer.position(partition)));
            }
            if (!partitions.isEmpty()) {
                log.info("Listener {} reads {}", settings.id(), partitions);
            }
        }

        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
            handOver(consumer, partitions);
        }

        @Override
        public void onPartitionsLost(Collection<TopicPartition> partitions) {
            log.warn(
                    "Listener {} has lost {}; whatever still runs cannot take effect twice", settings.id(), partitions);
            for (TopicPartition partition : partitions) {
                PartitionWork work = works.remove(partition);
                if (work != null) {
                    work.close();
                }
                full.remove(partition);
            }
        }
    }
}
