package io.reliablemessaging.consumer;

import io.reliablemessaging.delivery.ListenerSettings;
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

/** Reads without an order, as members of a share group: no more than handlers may run at once, and fewer as {@link LotRule} says. */
final class ShareLoop implements Reader {

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

    /** Makes readers. */
    interface Readers {

        /**
         * Makes one.
         *
         * @param number from 1 on
         * @param deliveries how often the cluster delivers a record
         */
        ShareReader make(int number, int deliveries);
    }

    /**
     * Makes it.
     *
     * @param prepare prepares the group, and says how often the cluster delivers a record
     * @param count most readers
     * @param readers makes a reader
     * @param memory counts what is in work
     * @param ended is called when all have ended
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
                "Listener %s waits until its group is prepared".formatted(settings.id()),
                "The group of listener %s is prepared".formatted(settings.id()));
    }

    @Override
    public void run() {
        ExecutorService threads =
                Executors.newCachedThreadPool(new CustomizableThreadFactory("rm-" + settings.id() + "-share-"));
        try {
            List<ShareReader> started = readers();
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

    // nobody joins the group before it is prepared: whoever comes first decides where it begins
    private List<ShareReader> readers() throws InterruptedException {
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
        return Set.of(); // none is ours alone
    }

    @Override
    public Reading reading() {
        // nobody but the cluster knows how many are left
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
