package io.reliablemessaging.producer;

import io.reliablemessaging.outbox.OutboxRecord;
import io.reliablemessaging.producer.TopicQuestions.Unanswered;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Tracks which topics a producer has metadata of. The first record of a topic would wait for them, and all other
 * records with it; so they are requested on separate threads.
 */
public final class TopicMetadata implements AutoCloseable {

    // each waits for one topic, which may not exist
    private static final int THREADS = 32;

    // a producer drops metadata that it has not used for longer
    private static final Duration FRESH = Duration.ofMillis(ProducerConfiguration.METADATA_IDLE_MILLIS / 2);

    private final TopicQuestions questions;
    private final Map<String, Long> lastUse = new ConcurrentHashMap<>();

    /**
     * Creates one for a new producer.
     *
     * @param ask requests the metadata of a topic, and waits for them
     * @param answered called on another thread when a request has ended
     */
    TopicMetadata(Consumer<String> ask, Runnable answered) {
        this.questions = new TopicQuestions(
                "rm-relay-topics-",
                THREADS,
                topic -> {
                    ask.accept(topic);
                    lastUse.put(topic, System.nanoTime());
                },
                answered);
    }

    /** Returns whether the row can be sent without a wait for metadata. If not, requests the metadata of its topic. */
    public boolean checkFor(OutboxRecord row) {
        return check(row.message().topic(), row);
    }

    /** Requests the metadata of a topic, unless the producer has them. */
    public void askFor(String topic) {
        boolean unused = check(topic, null);
    }

    private boolean check(String topic, @Nullable OutboxRecord row) {
        long now = System.nanoTime();
        Long last = lastUse.get(topic);
        if (last != null && now - last < FRESH.toNanos()) {
            if (row != null) {
                lastUse.put(topic, now);
            }
            return true;
        }
        questions.ask(topic, row);
        return false;
    }

    /** Returns the Error that a request has failed with, and clears it; null if there is none. */
    @Nullable
    Error takeFailed() {
        return questions.takeFailed();
    }

    /** Returns the topics whose metadata are being requested. */
    Set<String> topicsBeingAsked() {
        return questions.topicsBeingAsked();
    }

    /** Returns the topics for which the request has failed since the last call, and forgets them. */
    public List<Unanswered> takeUnanswered() {
        List<Unanswered> missing = questions.takeUnanswered();
        missing.forEach(each -> lastUse.remove(each.topic()));
        return missing;
    }

    /** Forgets that the metadata of a topic are known, after the producer has refused a record for it. */
    public void forget(String topic) {
        lastUse.remove(topic);
    }

    @Override
    public void close() {
        questions.close();
    }
}
