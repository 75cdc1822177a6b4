package io.reliablemessaging.relay;

import io.reliablemessaging.outbox.OutboxRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
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

/** Asks the cluster about topics on threads of its own, so that the sending thread does not wait. One question a topic at a time. */
final class TopicQuestions implements AutoCloseable {

    private static final Duration IDLE = Duration.ofSeconds(5);

    private final Consumer<String> question;
    private final Runnable answered;
    private final ThreadPoolExecutor threads;
    private final Set<String> asking = ConcurrentHashMap.newKeySet();
    private final Queue<Unanswered> unanswered = new ConcurrentLinkedQueue<>();
    private volatile @Nullable Error failed;

    /**
     * A topic about which there was no answer.
     *
     * @param topic the topic
     * @param row record that is meant for it, if it was asked about because of one
     * @param cause what the producer said
     */
    record Unanswered(String topic, @Nullable OutboxRecord row, Exception cause) {}

    /**
     * Makes it.
     *
     * @param threadName how the names of its threads begin
     * @param most questions at a time
     * @param question asks about a topic, and takes the answer; may wait
     * @param answered called on another thread when a question has ended
     */
    TopicQuestions(String threadName, int most, Consumer<String> question, Runnable answered) {
        this.question = question;
        this.answered = answered;
        CustomizableThreadFactory factory = new CustomizableThreadFactory(threadName);
        factory.setDaemon(true);
        this.threads = new ThreadPoolExecutor(
                most,
                most,
                IDLE.toNanos(),
                TimeUnit.NANOSECONDS,
                new LinkedBlockingQueue<>(),
                factory,
                new ThreadPoolExecutor.DiscardPolicy()); // closed: a callback may do that at any moment
        threads.allowCoreThreadTimeOut(true);
    }

    /** Asks about a topic, unless that is being done. */
    void ask(String topic, @Nullable OutboxRecord row) {
        if (!asking.add(topic)) {
            return;
        }
        boolean begun = false;
        try {
            threads.execute(() -> run(topic, row));
            begun = true;
        } finally {
            if (!begun) { // no thread can be made: or nobody would ever ask again
                asking.remove(topic);
            }
        }
    }

    private void run(String topic, @Nullable OutboxRecord row) {
        try {
            question.accept(topic);
        } catch (Exception e) {
            unanswered.add(new Unanswered(topic, row, e));
        } catch (Error e) { // nobody else would hear of it
            failed = e;
        } finally {
            asking.remove(topic);
            answered.run();
        }
    }

    /** Topics that are being asked about. */
    Set<String> asking() {
        return Set.copyOf(asking);
    }

    /** Takes the topics about which there was no answer since the last call. */
    List<Unanswered> takeUnanswered() {
        List<Unanswered> taken = new ArrayList<>();
        for (Unanswered next = unanswered.poll(); next != null; next = unanswered.poll()) {
            taken.add(next);
        }
        return taken;
    }

    /** The Error that a question has met, once; null if there was none. */
    @Nullable
    Error takeFailed() {
        Error was = failed;
        failed = null;
        return was;
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}
