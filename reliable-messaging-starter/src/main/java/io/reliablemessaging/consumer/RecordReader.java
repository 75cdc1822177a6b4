package io.reliablemessaging.consumer;

import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.MetricName;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/** Reads the records of one listener until it is stopped. Its questions may be asked on any thread. */
interface RecordReader extends Runnable {

    /** Stops reading. Running handlers may finish. */
    void stop();

    /** Returns the partitions that this consumer owns; none for a share group. */
    Set<TopicPartition> partitions();

    boolean isPaused();

    /** Returns how far it is. */
    Reading reading();

    /** Returns why it cannot read at the moment; it retries. Empty if it can read. */
    Optional<RuntimeException> trouble();

    /** Returns the next offset of each partition when an {@link Error} ended it; empty if none did. */
    Map<TopicPartition, Long> failedAt();

    /** Returns the metrics of its Kafka clients, by client id. */
    Map<String, Map<MetricName, ? extends Metric>> metrics();

    /**
     * The progress of a reader, as of a moment ago.
     *
     * @param lag messages of its partitions that are not handled yet; empty if unknown
     * @param uncommitted longest run of offsets in one partition from the first unfinished record on
     * @param bytes memory of records that are not finished
     * @param limit the limit that stops it from reading more records; null if none does
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
