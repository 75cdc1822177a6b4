package io.reliablemessaging.listener;

import io.reliablemessaging.MessagingSnapshot.Listener;
import io.reliablemessaging.MessagingSnapshot.Listener.State;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** The listeners of this instance, as people see them. */
public final class Listeners {

    private final List<Watched> all = new CopyOnWriteArrayList<>();

    /**
     * A listener that can be asked.
     *
     * @param settings how it works
     * @param topics what it listens to
     * @param container runs it
     * @param outages what may be away
     */
    record Watched(
            ListenerSettings settings,
            List<String> topics,
            ReliableListenerContainer container,
            List<Outage> outages) {}

    Listeners() {}

    void add(Watched listener) {
        all.add(listener);
    }

    /** How each of them is. */
    public List<Listener> all() {
        return all.stream().map(Listeners::seen).toList();
    }

    private static Listener seen(Watched listener) {
        ReliableListenerContainer container = listener.container();
        OptionalLong lag = container.lag();
        return new Listener(
                listener.settings().id(),
                listener.settings().group(),
                listener.topics(),
                state(container),
                container.failure().map(Error::toString).orElse(null),
                container.getAssignedPartitions().size(),
                lag.isEmpty() ? null : lag.getAsLong(),
                listener.settings().policy().maxAttempts(),
                outage(listener.outages()));
    }

    private static State state(ReliableListenerContainer container) {
        if (container.failure().isPresent()) {
            return State.FAILED;
        }
        if (!container.isRunning()) {
            return State.STOPPED;
        }
        return container.isPauseRequested() ? State.PAUSED : State.RUNNING;
    }

    private static Listener.@Nullable Outage outage(List<Outage> outages) {
        return outages.stream()
                .map(Outage::seen)
                .flatMap(Optional::stream)
                .findFirst()
                .orElse(null);
    }
}
