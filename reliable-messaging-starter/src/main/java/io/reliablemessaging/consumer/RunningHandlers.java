package io.reliablemessaging.consumer;

import io.reliablemessaging.MessageId;
import io.reliablemessaging.deadletter.ReceivedMessage;
import java.time.Duration;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** Knows which messages of a listener are being delivered, and since when. */
final class RunningHandlers {

    private final Map<Object, Started> started = new ConcurrentHashMap<>();

    private record Started(ReceivedMessage message, long nanos) {}

    /**
     * A message that is being delivered.
     *
     * @param message which one
     * @param topic its topic
     * @param partition its partition
     * @param offset its offset
     * @param duration how long its delivery has taken until now
     */
    record Running(MessageId message, String topic, int partition, long offset, Duration duration) {}

    /** Notes that a message is delivered now; {@code where} delivers one at a time. */
    void begin(Object where, ReceivedMessage message) {
        started.put(where, new Started(message, System.nanoTime()));
    }

    void end(Object where) {
        started.remove(where);
    }

    int count() {
        return started.size();
    }

    /** The delivery that has taken the longest until now. */
    Optional<Running> longest() {
        long now = System.nanoTime();
        return started.values().stream()
                .max(Comparator.comparing(each -> now - each.nanos()))
                .map(each -> new Running(
                        each.message().message().id(),
                        each.message().message().topic(),
                        each.message().partition(),
                        each.message().offset(),
                        Duration.ofNanos(now - each.nanos())));
    }
}
