package io.reliablemessaging.consumer;

import io.reliablemessaging.delivery.ListenerSettings;
import io.reliablemessaging.lines.MemoryBudget;
import io.reliablemessaging.reachability.FailureLog;
import io.reliablemessaging.reachability.Infrastructure;
import io.reliablemessaging.text.ReadableLogger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.MetricName;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.event.Level;
import org.springframework.dao.DataAccessException;
import org.springframework.scheduling.concurrent.CustomizableThreadFactory;
import org.springframework.transaction.TransactionException;

/** Reads without an order, as members of a share group: as many as {@code ShareLotRule} says, and at most one for each handler. */
final class ShareLoop implements RecordReader {

    private static final Logger log = ReadableLogger.of(ShareLoop.class);
    private static final Duration BETWEEN_TRIES = Duration.ofSeconds(2);

    private final ListenerSettings settings;
    private final IntSupplier prepare;
    private final int count;
    private final Readers readers;
    private final MemoryBudget.Account memory;
    private final Runnable ended;
    private final Infrastructure infrastructure;
    private final FailureLog failures;
    private final CountDownLatch stopping = new CountDownLatch(1);
    private volatile List<ShareReader> running = List.of();
    private volatile @Nullable RuntimeException unprepared;

    /** Creates readers. */
    interface Readers {

        /**
         * Creates a reader.
         *
         * @param number from 1 on
         * @param deliveries how often the cluster delivers a record
         */
        ShareReader make(int number, int deliveries);
    }

    /**
     * Creates a loop that is not started.
     *
     * @param prepare prepares the group, and returns how often the cluster delivers a record
     * @param count most readers
     * @param readers creates a reader
     * @param memory counts the records in work
     * @param ended is called when all readers have ended
     */
    ShareLoop(
            ListenerSettings settings,
            IntSupplier prepare,
            int count,
            Readers readers,
            MemoryBudget.Account memory,
            Runnable ended,
            Infrastructure infrastructure) {
        this.settings = settings;
        this.prepare = prepare;
        this.count = count;
        this.readers = readers;
        this.memory = memory;
        this.ended = ended;
        this.infrastructure = infrastructure;
        this.failures = new FailureLog(
                log,
                Level.ERROR,
                infrastructure,
                "Listener %s cannot prepare its share group; it retries every two seconds and reads nothing until then"
                        .formatted(settings.id()),
                "The share group of listener %s is prepared".formatted(settings.id()));
    }

    @Override
    public void run() {
        ExecutorService threads =
                Executors.newCachedThreadPool(new CustomizableThreadFactory("rm-" + settings.id() + "-share-"));
        try {
            List<ShareReader> started = prepareReaders();
            running = started;
            if (stopping.getCount() == 0) {
                started.forEach(ShareReader::stop);
            }
            CompletableFuture.allOf(started.stream()
                            .map(reader -> CompletableFuture.runAsync(reader, threads))
                            .toArray(CompletableFuture[]::new))
                    .join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            running = List.of();
            threads.shutdown();
            memory.close();
            ended.run();
        }
    }

    // no member may join before the group is prepared: its first member decides where the group begins
    private List<ShareReader> prepareReaders() throws InterruptedException {
        while (stopping.getCount() > 0) {
            try {
                int deliveries = prepare.getAsInt();
                List<ShareReader> made = new ArrayList<>();
                for (int number = 1; number <= count; number++) {
                    made.add(readers.make(number, deliveries));
                }
                unprepared = null;
                failures.worked();
                return made;
            } catch (KafkaException | IllegalStateException | DataAccessException | TransactionException e) {
                failures.failed(e);
                unprepared = e;
            }
            if (stopping.await(BETWEEN_TRIES.toMillis(), TimeUnit.MILLISECONDS)) {
                break;
            }
        }
        return List.of();
    }

    @Override
    public void stop() {
        stopping.countDown();
        running.forEach(ShareReader::stop);
    }

    @Override
    public Set<TopicPartition> partitions() {
        return Set.of(); // members own no partitions
    }

    @Override
    public Reading reading() {
        // only the cluster knows the lag of a share group
        return new Reading(OptionalLong.empty(), 0, memory.bytes(), null);
    }

    @Override
    public Map<TopicPartition, Long> failedAt() {
        return Map.of();
    }

    @Override
    public Optional<RuntimeException> trouble() {
        RuntimeException why = unprepared;
        return why != null && !infrastructure.explains(why)
                ? Optional.of(why)
                : running.stream().flatMap(reader -> reader.trouble().stream()).findFirst();
    }

    @Override
    public boolean isPaused() {
        return running.stream().allMatch(ShareReader::isPaused);
    }

    @Override
    public Map<String, Map<MetricName, ? extends Metric>> metrics() {
        Map<String, Map<MetricName, ? extends Metric>> metrics = new TreeMap<>();
        List<ShareReader> readers = running;
        for (int i = 0; i < readers.size(); i++) {
            metrics.put(settings.id() + "-" + i, readers.get(i).metrics());
        }
        return metrics;
    }
}
