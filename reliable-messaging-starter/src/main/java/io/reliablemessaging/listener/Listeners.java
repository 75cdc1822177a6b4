package io.reliablemessaging.listener;

import io.reliablemessaging.MessagingSnapshot.Listener;
import io.reliablemessaging.MessagingSnapshot.Listener.State;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.springframework.core.NestedExceptionUtils;

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
                error(container),
                container.getAssignedPartitions().size(),
                lag.isEmpty() ? null : lag.getAsLong(),
                listener.settings().policy().maxAttempts(),
                outage(listener.outages()));
    }

    private static @Nullable String error(ReliableListenerContainer container) {
        return container
                .failure()
                .map(Error::toString)
                .or(() -> container.trouble().map(Listeners::withItsCause))
                .orElse(null);
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
