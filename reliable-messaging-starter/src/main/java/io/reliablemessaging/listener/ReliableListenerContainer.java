package io.reliablemessaging.listener;

import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.MetricName;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.kafka.core.ConsumerFactory;
import org.springframework.kafka.listener.ConcurrentMessageListenerContainer;
import org.springframework.kafka.listener.ContainerProperties;
import org.springframework.kafka.listener.MessageListener;
import org.springframework.scheduling.concurrent.CustomizableThreadFactory;

/**
 * Spring Kafka's view of one of our listeners: it can be found in the registry, started, stopped, paused and asked as any
 * other. What it runs is ours: a {@link Reader} and a {@link Drain}. Spring Kafka's own loop reads nothing more while
 * one record of the last read is in work, so that one slow message would stop all others.
 */
final class ReliableListenerContainer extends ConcurrentMessageListenerContainer<byte[], byte[]> {

    private static final Logger log = LoggerFactory.getLogger(ReliableListenerContainer.class);

    private final Function<ReliableListenerContainer, Run> runs;
    private volatile @Nullable Run run;
    private volatile @Nullable Error failure;
    private CompletableFuture<Void> ended = CompletableFuture.completedFuture(null);

    /**
     * The parts of one run, which are made anew for the next.
     *
     * @param loop reads records
     * @param drain looks for parked ones
     * @param workers of the loop
     * @param drainers of the drain
     */
    record Run(Reader loop, Drain drain, Workers workers, Workers drainers) {}

    ReliableListenerContainer(
            ConsumerFactory<byte[], byte[]> consumers,
            ContainerProperties properties,
            Function<ReliableListenerContainer, Run> runs) {
        super(consumers, properties);
        this.runs = runs;
        setupMessageListener((MessageListener<byte[], byte[]>) message -> {
            throw new IllegalStateException("Records of a @ReliableListener do not come this way");
        });
    }

    @Override
    protected void doStart() {
        failure = null;
        setStoppedNormally(true);
        Run started = runs.apply(this);
        begun(started);
        setRunning(true);
        ExecutorService threads =
                Executors.newCachedThreadPool(new CustomizableThreadFactory(getListenerId() + "-reader-"));
        ended = CompletableFuture.allOf(
                        CompletableFuture.runAsync(() -> run(started.loop()), threads),
                        CompletableFuture.runAsync(() -> run(started.drain()), threads))
                .whenComplete((nothing, thrown) -> {
                    if (thrown != null) {
                        log.error("Listener {} has ended", getListenerId(), thrown);
                    }
                    started.workers().close();
                    started.drainers().close();
                    threads.shutdown();
                    ended(started);
                });
    }

    private synchronized void begun(Run started) {
        run = started;
    }

    // the next one may have begun before the last handler of this one has come to its end
    private synchronized void ended(Run over) {
        if (over.equals(run)) {
            run = null;
        }
    }

    private void run(Runnable part) {
        try {
            part.run();
        } catch (Error e) {
            fail(e);
        }
    }

    @Override
    protected void doStop(Runnable callback, boolean normal) {
        setStoppedNormally(normal);
        setRunning(false);
        Run current = run;
        if (current != null) {
            current.loop().stop();
            current.drain().stop();
        }
        CompletableFuture<Void> unused = ended.whenComplete((nothing, thrown) -> callback.run());
    }

    /** Looks for parked messages now: a person has said that some are due. */
    void look() {
        Run current = run;
        if (current != null) {
            current.drain().resume();
        }
    }

    /** An error that no other message may meet has stopped the listener: which. */
    Optional<Error> failure() {
        return Optional.ofNullable(failure);
    }

    /** Messages of its partitions that are not handled yet; empty if that is not known. */
    OptionalLong lag() {
        Run current = run;
        return current == null ? OptionalLong.empty() : current.loop().lag();
    }

    /** Why it cannot read at the moment, though it tries again and again; empty if it can. */
    Optional<RuntimeException> trouble() {
        Run current = run;
        return current == null ? Optional.empty() : current.loop().trouble();
    }

    /** Stops because of an error: out of memory, say, or a class that is missing. The message stays where it is. */
    void fail(Error error) {
        failure = error;
        log.error(
                "Listener {} stops: it has met an error. No offset passes what was not handled; mend it and start again",
                getListenerId(),
                error);
        stopAbnormally(() -> {});
    }

    Consumer<byte[], byte[]> consumer(String group) {
        return consumerFactory.createConsumer(group, getContainerProperties().getClientId(), null, null);
    }

    @Override
    public Collection<TopicPartition> getAssignedPartitions() {
        Run current = run;
        return current == null ? Set.of() : current.loop().partitions();
    }

    @Override
    public Map<String, Collection<TopicPartition>> getAssignmentsByClientId() {
        return Map.of(getListenerId(), getAssignedPartitions());
    }

    @Override
    public boolean isContainerPaused() {
        Run current = run;
        return isPauseRequested() && current != null && current.loop().isPaused();
    }

    @Override
    public boolean isChildRunning() {
        return run != null;
    }

    @Override
    public Map<String, Map<MetricName, ? extends Metric>> metrics() {
        Run current = run;
        return current == null ? Map.of() : current.loop().metrics();
    }
}
