package io.reliablemessaging.consumer;

import io.reliablemessaging.consumer.ConsumerState.LongestHandler;
import io.reliablemessaging.consumer.RunningHandlers.Running;
import io.reliablemessaging.text.ReadableLogger;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.MetricName;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.springframework.scheduling.concurrent.CustomizableThreadFactory;

/** Runs a listener from its start to its stop: reads records, and has parked messages handled. */
public final class ListenerRun {

    private static final Logger log = ReadableLogger.of(ListenerRun.class);

    private final ConsumerParts parts;
    private final Reader reader;
    private final ParkedDrain drain;
    private final ExecutorService threads;
    private CompletableFuture<Void> ended = CompletableFuture.completedFuture(null);
    private final DrainedListener drained;
    private final OvertakenHandlers overtaken;

    /**
     * Creates a run that is not started.
     *
     * @param background runs queries to the database
     */
    ListenerRun(ConsumerParts parts, Reader reader, ParkedDrain drain, Executor background) {
        this.parts = parts;
        this.reader = reader;
        this.drain = drain;
        this.drained = new DrainedListener(parts, drain::wake);
        this.threads = Executors.newCachedThreadPool(
                new CustomizableThreadFactory("rm-" + parts.settings().id() + "-reader-"));
        this.overtaken = new OvertakenHandlers(parts, background);
    }

    /** Starts the run, on threads of its own. */
    public synchronized void start() {
        drain.join(drained);
        overtaken.start();
        ended = CompletableFuture.runAsync(this::read, threads);
    }

    private void read() {
        try {
            reader.run();
        } catch (RuntimeException e) {
            log.error(
                    "Listener {} has stopped reading because of an error. Start it again",
                    parts.settings().id(),
                    e);
        } catch (Error e) {
            parts.fatal().accept(e);
        }
    }

    /**
     * Stops the run: no handler is started any more, and running ones may finish within a bound.
     *
     * @return completes when the run has ended
     */
    public synchronized CompletableFuture<Void> stop() {
        reader.stop();
        overtaken.stop();
        CompletableFuture<Void> left = CompletableFuture.runAsync(() -> drain.leave(drained), threads);
        CompletableFuture<Void> all = CompletableFuture.allOf(ended, left);
        CompletableFuture<Void> unused = all.whenComplete((nothing, thrown) -> threads.shutdown());
        return all;
    }

    /** Returns the partitions that this consumer owns; none for a share group. */
    public Set<TopicPartition> partitions() {
        return reader.partitions();
    }

    public boolean isPaused() {
        return reader.isPaused();
    }

    /** Returns the metrics of its Kafka clients, by client id. */
    public Map<String, Map<MetricName, ? extends Metric>> metrics() {
        return reader.metrics();
    }

    /** Returns its state, from memory, without waiting. */
    public ConsumerState state() {
        Reader.Reading reading = reader.reading();
        return new ConsumerState(
                reading.lag(),
                reading.uncommitted(),
                reading.bytes(),
                reading.limit(),
                parts.running().count(),
                parts.running().longest().map(ListenerRun::named).orElse(null),
                parts.outages().all().stream()
                        .map(Outage::snapshot)
                        .flatMap(Optional::stream)
                        .findFirst()
                        .orElse(null),
                reader.trouble().orElse(null),
                reader.failedAt());
    }

    private static LongestHandler named(Running running) {
        return new LongestHandler(
                running.message(),
                "%s-%d@%d".formatted(running.topic(), running.partition(), running.offset()),
                running.duration());
    }
}
