package io.reliablemessaging.relay;

import io.reliablemessaging.outbox.OutboxRecord;
import io.reliablemessaging.relay.TopicQuestions.Unanswered;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Which topics a producer has the metadata of. The first record of a topic would have to wait for them, and everything else
 * with it; so they are asked for on threads of their own.
 */
final class TopicMetadata implements AutoCloseable {

    // each waits for one topic that may not be there
    private static final int THREADS = 32;

    // a producer drops those that it has not used for longer
    private static final Duration FRESH = Duration.ofMillis(ProducerConfiguration.METADATA_IDLE_MILLIS / 2);

    private final TopicQuestions questions;
    private final Map<String, Long> lastUse = new ConcurrentHashMap<>();

    /**
     * Makes one for a producer, which knows none.
     *
     * @param ask gets the metadata of a topic, and waits for them
     * @param answered called on another thread when there is an answer
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
        questions.ask(topic, row);
        return false;
    }

    /** The Error that somebody has met who asked, once; null if there was none. */
    @Nullable
    Error takeFailed() {
        return questions.takeFailed();
    }

    /** Topics that are being asked for. */
    Set<String> asking() {
        return questions.asking();
    }

    /** Takes the topics that were found to have none since the last call. */
    List<Unanswered> takeMissing() {
        List<Unanswered> missing = questions.takeUnanswered();
        missing.forEach(each -> lastUse.remove(each.topic()));
        return missing;
    }

    /** The producer has said something against the topic: it is asked for again. */
    void forget(String topic) {
        lastUse.remove(topic);
    }

    @Override
    public void close() {
        questions.close();
    }
}
