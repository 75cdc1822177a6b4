package io.reliablemessaging.consumer;

import io.reliablemessaging.MessageId;
import io.reliablemessaging.deadletter.ReceivedMessage;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Knows which messages of a listener are being delivered, and since when. */
final class RunningHandlers {

    private final Map<Object, Started> started = new ConcurrentHashMap<>();

    /** What is delivered, since when, and how others go on without it; null if they cannot. */
    record Started(
            ReceivedMessage message, long nanos, @Nullable Runnable abandon) {}

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

    /**
     * A delivery that takes long and that others could go on without.
     *
     * @param where delivers it
     * @param started what and since when
     */
    record LongRun(Object where, Started started) {

        ReceivedMessage message() {
            return started.message();
        }
    }

    /**
     * Notes that a message is delivered now; {@code where} delivers one at a time.
     *
     * @param abandon has others go on without it, once the group has taken charge of it by another transaction; null for a
     *     parked message, of which the group has charge before it is delivered
     */
    void begin(Object where, ReceivedMessage message, @Nullable Runnable abandon) {
        started.put(where, new Started(message, System.nanoTime(), abandon));
    }

    void end(Object where) {
        started.remove(where);
    }

    int count() {
        return started.size();
    }

    /** The deliveries that have taken longer, and that others could go on without. */
    List<LongRun> longerThan(Duration limit) {
        long now = System.nanoTime();
        return started.entrySet().stream()
                .filter(each -> each.getValue().abandon() != null
                        && now - each.getValue().nanos() > limit.toNanos())
                .map(each -> new LongRun(each.getKey(), each.getValue()))
                .toList();
    }

    /**
     * Has others go on without a delivery.
     *
     * @return false if it has come to its end meanwhile, or was abandoned before
     */
    boolean abandon(LongRun run) {
        Started before = run.started();
        Runnable abandon = before.abandon();
        Started after = new Started(before.message(), before.nanos(), null);
        if (abandon == null || !started.replace(run.where(), before, after)) {
            return false;
        }
        abandon.run();
        return true;
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
