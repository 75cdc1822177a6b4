package io.reliablemessaging.listener;

import io.reliablemessaging.MessagingSnapshot.Capacity;
import io.reliablemessaging.MessagingSnapshot.Listener;
import io.reliablemessaging.MessagingSnapshot.Listener.RunningHandler;
import io.reliablemessaging.MessagingSnapshot.Listener.State;
import io.reliablemessaging.Ordering;
import io.reliablemessaging.broker.RecordSearch;
import io.reliablemessaging.consumer.ConsumerState;
import io.reliablemessaging.consumer.ConsumerState.LongestHandler;
import io.reliablemessaging.consumer.Consumers;
import io.reliablemessaging.database.HandlerConnections;
import io.reliablemessaging.delivery.ListenerSettings;
import io.reliablemessaging.text.DurationText;
import io.reliablemessaging.text.StartupNote;
import io.reliablemessaging.wire.DeadLetterRecord;
import io.reliablemessaging.wire.ReceivedMessage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.springframework.core.NestedExceptionUtils;

/** Knows the listeners of this instance and their states. Answers from memory, without waiting. */
public final class Listeners implements StartupNote {

    /** Name of our database in {@code waitsFor}. */
    public static final String DATABASE = Consumers.DATABASE;

    // a transaction may be short, but a pause of the garbage collector or of the machine may be longer
    private static final Duration SHORTEST_HANDLER_LIMIT = Duration.ofSeconds(30);
    private static final int MOST_NAMED = 4;

    private final List<Watched> all = new CopyOnWriteArrayList<>();
    private volatile @Nullable Consumers shared;

    /**
     * A listener that can be asked.
     *
     * @param settings its settings
     * @param topics its topics
     * @param container runs it
     */
    record Watched(ListenerSettings settings, List<String> topics, ReliableListenerContainer container) {}

    Listeners() {}

    void add(Watched listener) {
        all.add(listener);
    }

    void remove(String id) {
        all.removeIf(listener -> listener.settings().id().equals(id));
    }

    /** Sets what all listeners share. It is created for the first listener: an application without listeners has none. */
    void share(Consumers consumers) {
        shared = consumers;
    }

    @Override
    public Subject subject() {
        return Subject.LISTENERS;
    }

    @Override
    public List<String> lines() {
        if (all.isEmpty()) {
            return List.of();
        }
        List<String> lines = new ArrayList<>();
        all.stream()
                .limit(all.size() <= MOST_NAMED ? MOST_NAMED : MOST_NAMED - 1)
                .forEach(each -> lines.add(line(each)));
        int others = all.size() - lines.size();
        if (others > 0) {
            lines.add("and %d more listeners".formatted(others));
        }
        Consumers consumers = shared;
        if (consumers != null && consumers.permits() != Integer.MAX_VALUE) {
            int last = lines.size() - 1;
            lines.set(
                    last,
                    "%s; at most %d handlers at once, for the size of the connection pool%s"
                            .formatted(lines.get(last), consumers.permits(), neededConnections(consumers)));
        }
        return lines;
    }

    private String neededConnections(Consumers consumers) {
        return handlers() <= consumers.permits()
                ? ""
                : " (%d; the %d that are configured need %d)"
                        .formatted(consumers.connections(), handlers(), consumers.connectionsFor(handlers()));
    }

    private long handlers() {
        return all.stream().mapToLong(each -> each.settings().concurrency()).sum();
    }

    private static String line(Watched listener) {
        ListenerSettings settings = listener.settings();
        return "listener %s%s: group %s, topics %s, ordering %s, concurrency %d, %d attempts, then to %s"
                .formatted(
                        settings.id(),
                        listener.container().isAutoStartup() ? "" : " (not started: autoStartup is false)",
                        settings.group(),
                        listener.topics(),
                        settings.ordering().name().toLowerCase(Locale.ROOT),
                        settings.concurrency(),
                        settings.maxAttempts(),
                        DeadLetterRecord.topic(
                                listener.topics().size() == 1
                                        ? listener.topics().get(0)
                                        : "<topic>",
                                settings.group()));
    }

    /**
     * Reads a message from its topic, as a group receives it, for a person's question.
     *
     * @param search reads records
     * @return empty if there is no record at that offset
     * @throws org.apache.kafka.common.KafkaException if Kafka does not answer
     */
    public Optional<ReceivedMessage> read(RecordSearch search, String group, String topic, int partition, long offset) {
        Consumers consumers = shared;
        return consumers == null
                ? Optional.empty()
                : search.read(topic, partition, offset)
                        .map(record -> consumers.identify(group, record))
                        .map(message -> isShared(group) ? message.alone() : message);
    }

    /** Returns the ids of all listeners. */
    public Set<String> ids() {
        return all.stream().map(listener -> listener.settings().id()).collect(Collectors.toSet());
    }

    /**
     * Returns the connections that the handlers of each listener need.
     *
     * @param each how many a handler may use at the same time
     */
    List<HandlerConnections.Need> needs(int each) {
        return all.stream()
                .map(Watched::settings)
                .map(settings -> new HandlerConnections.Need(settings.id(), settings.concurrency(), each))
                .toList();
    }

    /** Returns the states of all listeners. */
    public List<Listener> all() {
        return all.stream().map(Listeners::snapshot).toList();
    }

    /** Returns the state of a listener; empty if there is none with this id. */
    public Optional<Listener> find(String id) {
        return watched(id).map(Listeners::snapshot);
    }

    /**
     * Says what to change when handlers have waited for connections of the pool for longer than this without a break; empty
     * if they have not.
     */
    public Optional<String> shortage(Duration limit) {
        return Optional.ofNullable(shared)
                .filter(consumers -> consumers.permitsExhaustedFor().compareTo(limit) > 0)
                .map(consumers ->
                        "all %d handlers that a connection pool of %d allows have been busy for %s, and more could run. The %d that are configured (concurrency) need spring.datasource.hikari.maximum-pool-size=%d, and max_connections of PostgreSQL to match"
                                .formatted(
                                        consumers.permits(),
                                        consumers.connections(),
                                        DurationText.of(consumers.permitsExhaustedFor()),
                                        handlers(),
                                        consumers.connectionsFor(handlers())));
    }

    /** Returns the capacity that all listeners share; empty while there are no listeners. */
    public Optional<Capacity> capacity() {
        return Optional.ofNullable(shared).map(Listeners::capacity);
    }

    /**
     * Returns how long a handler of a listener may run before it is reported as a trouble: half of its transaction's limit,
     * so that there is time to examine it, but at least half a minute, and never longer than the transaction's limit.
     */
    public Duration handlerLimit(String listener) {
        return watched(listener)
                .map(each -> handlerLimit(each.settings().transactionLimit()))
                .orElse(SHORTEST_HANDLER_LIMIT);
    }

    static Duration handlerLimit(Duration transactionLimit) {
        Duration half = transactionLimit.dividedBy(2);
        Duration least =
                transactionLimit.compareTo(SHORTEST_HANDLER_LIMIT) < 0 ? transactionLimit : SHORTEST_HANDLER_LIMIT;
        return half.compareTo(least) < 0 ? least : half;
    }

    /** Tells whether a group is a share group, so that the cluster manages its offsets. */
    public boolean isShared(String group) {
        return all.stream()
                .map(Watched::settings)
                .anyMatch(settings -> settings.group().equals(group) && settings.ordering() == Ordering.NONE);
    }

    private Optional<Watched> watched(String id) {
        return all.stream().filter(each -> each.settings().id().equals(id)).findFirst();
    }

    private static Capacity capacity(Consumers shared) {
        boolean limited = shared.permits() != Integer.MAX_VALUE;
        return new Capacity(
                limited ? shared.permits() : null,
                limited ? shared.freePermits() : null,
                shared.memory(),
                shared.memoryLimit());
    }

    private static Listener snapshot(Watched listener) {
        ReliableListenerContainer container = listener.container();
        Optional<ConsumerState> state = container.state();
        OptionalLong lag = state.map(ConsumerState::lag).orElse(OptionalLong.empty());
        return new Listener(
                listener.settings().id(),
                listener.settings().group(),
                listener.topics(),
                state(container),
                error(container, state),
                container.getAssignedPartitions().size(),
                lag.isEmpty() ? null : lag.getAsLong(),
                listener.settings().maxAttempts(),
                state.map(ConsumerState::outage).orElse(null),
                state.map(ConsumerState::uncommittedSpan).orElse(0),
                state.map(ConsumerState::bytes).orElse(0L),
                state.map(ConsumerState::readingLimit).orElse(null),
                state.map(ConsumerState::longest).map(Listeners::snapshot).orElse(null),
                container.commandedPause().orElse(null));
    }

    private static RunningHandler snapshot(LongestHandler running) {
        return new RunningHandler(running.message(), running.place(), running.duration());
    }

    private static @Nullable String error(ReliableListenerContainer container, Optional<ConsumerState> state) {
        return container
                .failure()
                .map(failure -> failure.at().isEmpty()
                        ? failure.error().toString()
                        : "%s while reading from %s on".formatted(failure.error(), places(failure.at())))
                .or(() -> state.map(ConsumerState::trouble).map(Listeners::withItsCause))
                .orElse(null);
    }

    private static String places(Map<TopicPartition, Long> offsets) {
        return offsets.entrySet().stream()
                .map(each -> "%s@%d".formatted(each.getKey(), each.getValue()))
                .sorted()
                .collect(Collectors.joining(", "));
    }

    private static String withItsCause(RuntimeException thrown) {
        Throwable root = NestedExceptionUtils.getRootCause(thrown);
        return root == null ? thrown.toString() : "%s: %s".formatted(thrown, root);
    }

    private static State state(ReliableListenerContainer container) {
        if (container.failure().isPresent()) {
            return State.FAILED;
        }
        if (!container.isRunning()) {
            return State.STOPPED;
        }
        return container.isPauseRequested() || container.commandedPause().isPresent() ? State.PAUSED : State.RUNNING;
    }
}
