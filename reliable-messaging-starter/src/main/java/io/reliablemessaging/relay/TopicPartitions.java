package io.reliablemessaging.relay;

import io.reliablemessaging.InvalidMessageException;
import io.reliablemessaging.outbox.OutboxRecord;
import io.reliablemessaging.relay.TopicQuestions.Unanswered;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Tells whether the partition that a row names is there. A producer would wait for one that is not, and the whole topic with
 * it. Before a row is told that its partition is missing, the cluster is asked anew, since the topic may have grown; that is
 * done on a thread of its own.
 */
final class TopicPartitions implements AutoCloseable {

    /** How long an answer of the cluster is good for. */
    private static final Duration FRESH = Duration.ofSeconds(2);

    private final ToIntFunction<String> remembered;
    private final TopicQuestions questions;
    private final Map<String, Count> counts = new ConcurrentHashMap<>();

    private record Count(int partitions, long at) {}

    /**
     * Makes one for a producer.
     *
     * @param remembered how many partitions a topic has, as far as the producer remembers
     * @param ask how many it has, as the cluster says now; may wait
     * @param answered called on another thread when there is an answer
     */
    TopicPartitions(ToIntFunction<String> remembered, ToIntFunction<String> ask, Runnable answered) {
        this.remembered = remembered;
        this.questions = new TopicQuestions(
                "rm-relay-partitions-",
                1,
                topic -> counts.put(topic, new Count(ask.applyAsInt(topic), System.nanoTime())),
                answered);
    }

    /**
     * Whether the partition of a row is there, or it names none. The metadata of its topic must be there. If not, the cluster is
     * asked.
     */
    boolean isThereFor(OutboxRecord row) {
        Integer partition = row.message().partition();
        if (partition == null || partition < count(row).partitions()) {
            return true;
        }
        questions.ask(row.message().topic(), row);
        return false;
    }

    /** Whether the cluster has just said that the topic is there and has no such partition. */
    boolean isMissing(OutboxRecord row) {
        Integer partition = row.message().partition();
        if (partition == null) {
            return false;
        }
        Count count = counts.get(row.message().topic());
        return count != null && partition >= count.partitions() && System.nanoTime() - count.at() < FRESH.toNanos();
    }

    private Count count(OutboxRecord row) {
        return counts.computeIfAbsent(
                row.message().topic(),
                topic -> new Count(remembered.applyAsInt(topic), System.nanoTime() - FRESH.toNanos()));
    }

    /** Why a row whose partition is missing cannot be sent. */
    RuntimeException missing(OutboxRecord row) {
        String topic = row.message().topic();
        Count count = counts.get(topic);
        return missing(row, count == null ? 0 : count.partitions());
    }

    /** Why a row cannot be sent whose topic has so many partitions. */
    static RuntimeException missing(OutboxRecord row, int partitions) {
        return new InvalidMessageException("Partition %d of topic %s is not there: it has %d, counted from 0"
                .formatted(row.message().partition(), row.message().topic(), partitions));
    }

    /** Topics that the cluster is being asked about. */
    Set<String> asking() {
        return questions.asking();
    }

    /** Takes the rows about whose topics the cluster has not answered since the last call. */
    List<Unanswered> takeUnknown() {
        return questions.takeUnanswered();
    }

    /** The Error that a question has met, once; null if there was none. */
    @Nullable
    Error takeFailed() {
        return questions.takeFailed();
    }

    @Override
    public void close() {
        questions.close();
    }
}
