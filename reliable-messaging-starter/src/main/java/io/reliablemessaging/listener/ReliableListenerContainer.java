package io.reliablemessaging.listener;

import io.reliablemessaging.MessagingSnapshot.Listener.Pause;
import io.reliablemessaging.consumer.ConsumerState;
import io.reliablemessaging.consumer.Consumers;
import io.reliablemessaging.consumer.ListenerRun;
import io.reliablemessaging.pause.ListenerPause;
import io.reliablemessaging.text.ReadableLogger;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.MetricName;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.springframework.kafka.core.ConsumerFactory;
import org.springframework.kafka.listener.ConcurrentMessageListenerContainer;
import org.springframework.kafka.listener.ContainerProperties;
import org.springframework.kafka.listener.MessageListener;

/**
 * Shows one of our listeners to Spring Kafka: it can be found in the registry, started, stopped, paused and queried as any
 * other. It runs a {@link ListenerRun} instead of Spring Kafka's loop, which polls nothing new while a record of the last
 * poll is in work, so that one slow message would stop all others.
 */
final class ReliableListenerContainer extends ConcurrentMessageListenerContainer<byte[], byte[]>
        implements Consumers.Control {

    private static final Logger log = ReadableLogger.of(ReliableListenerContainer.class);

    private final ListenerPause pause;
    private final Function<ReliableListenerContainer, ListenerRun> runs;
    private final Runnable whenDestroyed;
    private volatile @Nullable ListenerRun run;
    private volatile @Nullable Failure failure;

    /**
     * An error that has stopped the listener.
     *
     * @param error the error
     * @param at the next offset of each partition if the error came while reading; empty if it came from a handler
     */
    record Failure(Error error, Map<TopicPartition, Long> at) {}

    ReliableListenerContainer(
            ConsumerFactory<byte[], byte[]> consumers,
            ContainerProperties properties,
            ListenerPause pause,
            Function<ReliableListenerContainer, ListenerRun> runs,
            Runnable whenDestroyed) {
        super(consumers, properties);
        this.pause = pause;
        this.runs = runs;
        this.whenDestroyed = whenDestroyed;
        setupMessageListener((MessageListener<byte[], byte[]>) message -> {
            throw new IllegalStateException("Records of a @ReliableListener do not come this way");
        });
    }

    @Override
    protected void doStart() {
        failure = null;
        setStoppedNormally(true);
        ListenerRun started = runs.apply(this);
        noteStarted(started);
        setRunning(true);
        started.start();
    }

    private synchronized void noteStarted(ListenerRun started) {
        run = started;
    }

    // the next run may have started before the last handler of this one has ended
    private synchronized void noteEnded(ListenerRun over) {
        if (over.equals(run)) {
            run = null;
        }
    }

    @Override
    protected void doStop(Runnable callback, boolean normal) {
        setStoppedNormally(normal);
        setRunning(false);
        ListenerRun current = run;
        if (current == null) {
            callback.run();
            return;
        }
        CompletableFuture<Void> unused = current.stop().whenComplete((nothing, thrown) -> {
            noteEnded(current);
            callback.run();
        });
    }

    @Override
    public void destroy() {
        super.destroy();
        whenDestroyed.run();
    }

    @Override
    public boolean mayHandle() {
        return pause.mayHandle();
    }

    /** Returns the pause that a person has commanded for all instances, if any. */
    Optional<Pause> commandedPause() {
        return pause.find();
    }

    /** Returns the error that has stopped the listener, if any. */
    Optional<Failure> failure() {
        return Optional.ofNullable(failure);
    }

    /** Returns the state of its consumers; empty if it does not run. */
    Optional<ConsumerState> state() {
        ListenerRun current = run;
        return current == null ? Optional.empty() : Optional.of(current.state());
    }

    /**
     * Stops the listener after an error that the process may not survive, such as an out-of-memory error. The message stays
     * where it is.
     */
    @Override
    public void fail(Error error) {
        Map<TopicPartition, Long> at = state().map(ConsumerState::failedAt).orElse(Map.of());
        failure = new Failure(error, at);
        log.error(
                "Listener {} stops because of an error{}. No message is lost: unhandled ones are read again. Fix the cause and start the listener"
                        + " again",
                getListenerId(),
                at.isEmpty() ? "" : " while reading at " + at,
                error);
        stopAbnormally(() -> {});
    }

    Consumer<byte[], byte[]> createConsumer(String group, Properties overrides) {
        return consumerFactory.createConsumer(group, null, null, overrides);
    }

    @Override
    public Collection<TopicPartition> getAssignedPartitions() {
        ListenerRun current = run;
        return current == null ? Set.of() : current.partitions();
    }

    @Override
    public Map<String, Collection<TopicPartition>> getAssignmentsByClientId() {
        return Map.of(getListenerId(), getAssignedPartitions());
    }

    @Override
    public boolean isContainerPaused() {
        ListenerRun current = run;
        return isPauseRequested() && current != null && current.isPaused();
    }

    @Override
    public boolean isChildRunning() {
        return run != null;
    }

    @Override
    public Map<String, Map<MetricName, ? extends Metric>> metrics() {
        ListenerRun current = run;
        return current == null ? Map.of() : current.metrics();
    }
}
