package io.reliablemessaging.producer;

import io.reliablemessaging.InvalidMessageException;
import io.reliablemessaging.outbox.OutboxRecord;
import io.reliablemessaging.producer.TopicQuestions.Unanswered;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Checks that the partition that a row names exists. For a missing one a producer would wait, and the whole topic with
 * it. Before a partition counts as missing, the cluster is asked anew on a separate thread, since the topic may have
 * grown.
 */
public final class TopicPartitions implements AutoCloseable {

    /** Time for which an answer of the cluster is valid. */
    private static final Duration FRESH = Duration.ofSeconds(2);

    private final ToIntFunction<String> remembered;
    private final TopicQuestions questions;
    private final Map<String, Count> counts = new ConcurrentHashMap<>();

    private record Count(int partitions, long at) {}

    /**
     * Creates one for a producer.
     *
     * @param remembered returns a topic's number of partitions from the producer's cache
     * @param ask asks the cluster for that number; may wait
     * @param answered called on another thread when a question has ended
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
     * Returns whether the partition of a row exists, or it names none. If not, asks the cluster. The producer must have
     * the metadata of its topic.
     */
    public boolean checkFor(OutboxRecord row) {
        Integer partition = row.message().partition();
        if (partition == null || partition < countFor(row).partitions()) {
            return true;
        }
        questions.ask(row.message().topic(), row);
        return false;
    }

    /** Returns whether the cluster has just answered that the topic exists without this partition. */
    boolean isMissing(OutboxRecord row) {
        Integer partition = row.message().partition();
        if (partition == null) {
            return false;
        }
        Count count = counts.get(row.message().topic());
        return count != null && partition >= count.partitions() && System.nanoTime() - count.at() < FRESH.toNanos();
    }

    private Count countFor(OutboxRecord row) {
        return counts.computeIfAbsent(
                row.message().topic(),
                topic -> new Count(remembered.applyAsInt(topic), System.nanoTime() - FRESH.toNanos()));
    }

    /** Creates the failure of a row whose partition does not exist. */
    public RuntimeException missingPartition(OutboxRecord row) {
        String topic = row.message().topic();
        Count count = counts.get(topic);
        return missingPartition(row, count == null ? 0 : count.partitions());
    }

    /** Creates the failure of a row whose partition does not exist among so many. */
    public static RuntimeException missingPartition(OutboxRecord row, int partitions) {
        return new InvalidMessageException("Partition %d of topic %s is not there: it has %d, counted from 0"
                .formatted(row.message().partition(), row.message().topic(), partitions));
    }

    /** Returns the topics that the cluster is being asked about. */
    Set<String> topicsBeingAsked() {
        return questions.topicsBeingAsked();
    }

    /** Returns the topics that the cluster has given no answer about since the last call, and forgets them. */
    List<Unanswered> takeUnanswered() {
        return questions.takeUnanswered();
    }

    /** Returns the Error that a question has failed with, and clears it; null if there is none. */
    @Nullable
    Error takeFailed() {
        return questions.takeFailed();
    }

    @Override
    public void close() {
        questions.close();
    }
}
