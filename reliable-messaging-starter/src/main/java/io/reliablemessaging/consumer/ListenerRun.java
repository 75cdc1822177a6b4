package io.reliablemessaging.consumer;

import io.reliablemessaging.consumer.ConsumerState.LongestHandler;
import io.reliablemessaging.permits.RunningHandlers.Running;
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

    private final ConsumerServices services;
    private final RecordReader recordReader;
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
    ListenerRun(ConsumerServices services, RecordReader recordReader, ParkedDrain drain, Executor background) {
        this.services = services;
        this.recordReader = recordReader;
        this.drain = drain;
        this.drained = new DrainedListener(services, drain::wake);
        this.threads = Executors.newCachedThreadPool(
                new CustomizableThreadFactory("rm-" + services.settings().id() + "-reader-"));
        this.overtaken = new OvertakenHandlers(services, background);
    }

    /** Starts the run, on threads of its own. */
    public synchronized void start() {
        drain.join(drained);
        overtaken.start();
        ended = CompletableFuture.runAsync(this::read, threads);
    }

    private void read() {
        try {
            recordReader.run();
        } catch (RuntimeException e) {
            log.error(
                    "Listener {} has stopped reading because of an error. Start it again",
                    services.settings().id(),
                    e);
        } catch (Error e) {
            services.fail(e);
        }
    }

    /**
     * Stops the run: no handler is started any more, and running ones may finish within a bound.
     *
     * @return completes when the run has ended
     */
    public synchronized CompletableFuture<Void> stop() {
        recordReader.stop();
        overtaken.stop();
        CompletableFuture<Void> left = CompletableFuture.runAsync(() -> drain.leave(drained), threads);
        CompletableFuture<Void> all = CompletableFuture.allOf(ended, left);
        CompletableFuture<Void> unused = all.whenComplete((nothing, thrown) -> threads.shutdown());
        return all;
    }

    /** Returns the partitions that this consumer owns; none for a share group. */
    public Set<TopicPartition> partitions() {
        return recordReader.partitions();
    }

    public boolean isPaused() {
        return recordReader.isPaused();
    }

    /** Returns the metrics of its Kafka clients, by client id. */
    public Map<String, Map<MetricName, ? extends Metric>> metrics() {
        return recordReader.metrics();
    }

    /** Returns its state, from memory, without waiting. */
    public ConsumerState state() {
        RecordReader.Reading reading = recordReader.reading();
        return new ConsumerState(
                reading.lag(),
                reading.uncommitted(),
                reading.bytes(),
                reading.limit(),
                services.running().count(),
                services.running().longest().map(ListenerRun::named).orElse(null),
                services.outages().all().stream()
                        .map(OutageQueue::snapshot)
                        .flatMap(Optional::stream)
                        .findFirst()
                        .orElse(null),
                recordReader.trouble().orElse(null),
                recordReader.failedAt());
    }

    private static LongestHandler named(Running running) {
        return new LongestHandler(
                running.message(),
                "%s-%d@%d".formatted(running.topic(), running.partition(), running.offset()),
                running.duration());
    }
}
