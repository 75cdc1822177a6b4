package io.reliablemessaging.consumer;

import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.MetricName;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/** Reads the records of one listener until it is told to stop. Its questions are for any thread and change nothing. */
interface Reader extends Runnable {

    /** Ends it: what runs may finish. */
    void stop();

    /** The partitions that are read here alone. */
    Set<TopicPartition> partitions();

    boolean isPaused();

    /** How far it is. */
    Reading reading();

    /** Why nothing can be read at the moment, though it tries again and again; empty if it can. */
    Optional<RuntimeException> trouble();

    /** Where it was when an {@link Error} ended it: the next offset of each partition. Empty if none did. */
    Map<TopicPartition, Long> failedAt();

    /** Metrics of its Kafka clients, by their ids. */
    Map<String, Map<MetricName, ? extends Metric>> metrics();

    /**
     * How far a reader is, as of a moment ago.
     *
     * @param lag messages of its partitions that are not handled yet; empty if that is not known
     * @param uncommitted longest run of offsets in one partition from the first unfinished record on
     * @param bytes memory of records that are not finished
     * @param limit what keeps it from reading on; null if nothing does
     */
    record Reading(
            OptionalLong lag,
            int uncommitted,
            long bytes,
            @Nullable String limit) {

        static final Reading UNKNOWN = new Reading(OptionalLong.empty(), 0, 0, null);

        Reading withoutLag() {
            return new Reading(OptionalLong.empty(), uncommitted, bytes, limit);
        }
    }
}
