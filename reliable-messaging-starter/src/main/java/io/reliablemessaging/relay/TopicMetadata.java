package io.reliablemessaging.relay;

import io.reliablemessaging.outbox.OutboxRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.springframework.scheduling.concurrent.CustomizableThreadFactory;

/**
 * Which topics a producer has the metadata of. The first record of a topic would have to wait for them, and everything else
 * with it; so they are asked for on threads of their own.
 */
final class TopicMetadata implements AutoCloseable {

    // each waits for one topic that may not be there
    private static final int THREADS = 32;
    private static final Duration IDLE = Duration.ofSeconds(5);

    // a producer drops those that it has not used for longer
    private static final Duration FRESH = Duration.ofMillis(ProducerConfiguration.METADATA_IDLE_MILLIS / 2);

    private final Consumer<String> ask;
    private final Runnable answered;
    private final ThreadPoolExecutor threads;
    private final Map<String, Long> lastUse = new ConcurrentHashMap<>();
    private final Set<String> asking = ConcurrentHashMap.newKeySet();
    private final Queue<Missing> missing = new ConcurrentLinkedQueue<>();
    private volatile @Nullable Error failed;

    /**
     * A topic that has none.
     *
     * @param topic the topic
     * @param row record that is meant for it, if it was asked for because of one
     * @param cause what the producer said
     */
    record Missing(String topic, @Nullable OutboxRecord row, Exception cause) {}

    /**
     * Makes one for a producer, which knows none.
     *
     * @param ask gets the metadata of a topic, and waits for them
     * @param answered called on another thread when there is an answer
     */
    TopicMetadata(Consumer<String> ask, Runnable answered) {
        this.ask = ask;
        this.answered = answered;
        CustomizableThreadFactory factory = new CustomizableThreadFactory("rm-relay-topics-");
        factory.setDaemon(true);
        this.threads = new ThreadPoolExecutor(
                THREADS,
                THREADS,
                IDLE.toNanos(),
                TimeUnit.NANOSECONDS,
                new LinkedBlockingQueue<>(),
                factory,
                new ThreadPoolExecutor.DiscardPolicy()); // closed: a callback may do that at any moment
        threads.allowCoreThreadTimeOut(true);
    }

    /** Whether the record can be sent without waiting. If not, the metadata of its topic are asked for. */
    boolean isThereFor(OutboxRecord row) {
        return isThere(row.message().topic(), row);
    }

    /** Asks for the metadata of a topic, unless they are there. */
    void askFor(String topic) {
        boolean unused = isThere(topic, null);
    }

    private boolean isThere(String topic, @Nullable OutboxRecord row) {
        long now = System.nanoTime();
        Long last = lastUse.get(topic);
        if (last != null && now - last < FRESH.toNanos()) {
            if (row != null) {
                lastUse.put(topic, now);
            }
            return true;
        }
        if (asking.add(topic)) {
            begin(topic, row);
        }
        return false;
    }

    private void begin(String topic, @Nullable OutboxRecord row) {
        boolean begun = false;
        try {
            threads.execute(() -> ask(topic, row));
            begun = true;
        } finally {
            if (!begun) { // no thread can be made: or nobody would ever ask again
                asking.remove(topic);
            }
        }
    }

    private void ask(String topic, @Nullable OutboxRecord row) {
        try {
            ask.accept(topic);
            lastUse.put(topic, System.nanoTime());
        } catch (Exception e) {
            missing.add(new Missing(topic, row, e));
        } catch (Error e) { // nobody else would hear of it
            failed = e;
        } finally {
            asking.remove(topic);
            answered.run();
        }
    }

    /** The Error that somebody has met who asked, once; null if there was none. */
    @Nullable
    Error takeFailed() {
        Error was = failed;
        failed = null;
        return was;
    }

    /** Topics that are being asked for. */
    Set<String> asking() {
        return Set.copyOf(asking);
    }

    /** Takes the topics that were found to have none since the last call. */
    List<Missing> takeMissing() {
        List<Missing> taken = new ArrayList<>();
        for (Missing next = missing.poll(); next != null; next = missing.poll()) {
            lastUse.remove(next.topic());
            taken.add(next);
        }
        return taken;
    }

    /** The producer has said something against the topic: it is asked for again. */
    void forget(String topic) {
        lastUse.remove(topic);
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}
