package io.reliablemessaging.producer;

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

/**
 * Asks the cluster about topics on its own threads, so that the sending thread does not wait. Each topic has one
 * question at a time.
 */
public final class TopicQuestions implements AutoCloseable {

    private static final Duration IDLE = Duration.ofSeconds(5);

    private final Consumer<String> question;
    private final Runnable answered;
    private final ThreadPoolExecutor threads;
    private final Set<String> asking = ConcurrentHashMap.newKeySet();
    private final Queue<Unanswered> unanswered = new ConcurrentLinkedQueue<>();
    private volatile @Nullable Error failed;

    /**
     * A topic that the cluster has given no answer about.
     *
     * @param topic the topic
     * @param row the row that caused the question; null if none did
     * @param cause failure that the producer reported
     */
    public record Unanswered(String topic, @Nullable OutboxRecord row, Exception cause) {}

    /**
     * Creates it; threads start with the first question.
     *
     * @param threadName prefix of the names of its threads
     * @param most most questions at a time
     * @param question asks about a topic and stores the answer; may wait
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
                new ThreadPoolExecutor.DiscardPolicy()); // after close, which a callback may call at any moment
        threads.allowCoreThreadTimeOut(true);
    }

    /** Asks about a topic, unless a question is under way. */
    void ask(String topic, @Nullable OutboxRecord row) {
        if (!asking.add(topic)) {
            return;
        }
        boolean begun = false;
        try {
            threads.execute(() -> run(topic, row));
            begun = true;
        } finally {
            if (!begun) { // no thread can be started: the topic must be free for the next question
                asking.remove(topic);
            }
        }
    }

    private void run(String topic, @Nullable OutboxRecord row) {
        try {
            question.accept(topic);
        } catch (Exception e) {
            unanswered.add(new Unanswered(topic, row, e));
        } catch (Error e) { // reported by takeFailed()
            failed = e;
        } finally {
            asking.remove(topic);
            answered.run();
        }
    }

    /** Returns the topics that are being asked about. */
    Set<String> topicsBeingAsked() {
        return Set.copyOf(asking);
    }

    /** Returns the topics that got no answer since the last call, and forgets them. */
    List<Unanswered> takeUnanswered() {
        List<Unanswered> taken = new ArrayList<>();
        for (Unanswered next = unanswered.poll(); next != null; next = unanswered.poll()) {
            taken.add(next);
        }
        return taken;
    }

    /** Returns the Error that a question has failed with, and clears it; null if there is none. */
    @Nullable
    Error takeFailed() {
        Error taken = failed;
        failed = null;
        return taken;
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}
