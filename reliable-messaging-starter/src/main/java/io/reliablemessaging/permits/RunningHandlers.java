package io.reliablemessaging.permits;

import io.reliablemessaging.MessageId;
import io.reliablemessaging.wire.ReceivedMessage;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Tracks which messages of a listener are being delivered, and since when. */
public final class RunningHandlers {

    private final Map<Object, Started> started = new ConcurrentHashMap<>();

    /** A delivery that has started. Its {@code abandon} lets other work go on without it; null if that is impossible. */
    record Started(
            ReceivedMessage message, long nanos, @Nullable Runnable abandon) {}

    /**
     * A message that is being delivered.
     *
     * @param message its id
     * @param topic its topic
     * @param partition its partition
     * @param offset its offset
     * @param duration how long its delivery has taken
     */
    public record Running(MessageId message, String topic, int partition, long offset, Duration duration) {}

    /**
     * A long delivery that other work could go on without.
     *
     * @param where the line or claim that delivers it
     * @param started the message, and since when it is delivered
     */
    public record LongRun(Object where, Started started) {

        public ReceivedMessage message() {
            return started.message();
        }
    }

    /**
     * Notes that the delivery of a message starts. {@code where} delivers one message at a time.
     *
     * @param abandon lets other work go on once the group has taken charge of the message in another transaction; null for a
     *     parked message, which is in the group's charge already
     */
    public void begin(Object where, ReceivedMessage message, @Nullable Runnable abandon) {
        started.put(where, new Started(message, System.nanoTime(), abandon));
    }

    public void end(Object where) {
        started.remove(where);
    }

    public int count() {
        return started.size();
    }

    /** Returns the deliveries that have taken longer and that other work could go on without. */
    public List<LongRun> longerThan(Duration limit) {
        long now = System.nanoTime();
        return started.entrySet().stream()
                .filter(each -> each.getValue().abandon() != null
                        && now - each.getValue().nanos() > limit.toNanos())
                .map(each -> new LongRun(each.getKey(), each.getValue()))
                .toList();
    }

    /**
     * Lets other work go on without a delivery.
     *
     * @return false if it has ended meanwhile, or was abandoned before
     */
    public boolean abandon(LongRun run) {
        Started before = run.started();
        Runnable abandon = before.abandon();
        Started after = new Started(before.message(), before.nanos(), null);
        if (abandon == null || !started.replace(run.where(), before, after)) {
            return false;
        }
        abandon.run();
        return true;
    }

    /** Returns the delivery that has taken longest; empty if there is none. */
    public Optional<Running> longest() {
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
