package io.reliablemessaging.consumer;

import io.reliablemessaging.MessageId;
import io.reliablemessaging.MessagingSnapshot;
import java.time.Duration;
import java.util.Map;
import java.util.OptionalLong;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * How the consumers of one listener are, as of a moment ago.
 *
 * @param lag messages of its partitions that are not handled yet; empty if that is not known
 * @param uncommittedSpan longest run of offsets in one partition from the first unfinished record on
 * @param bytes memory of records that are not finished
 * @param readingLimit what keeps it from reading on; null if nothing does
 * @param running handlers that run
 * @param longest the handler that has run for the longest time; null if none runs
 * @param outage what is away, so that deliveries wait; null if nothing is
 * @param trouble why it cannot read, though it tries again and again; null if it can
 * @param failedAt where it was when an error ended it: the next offset of each partition; empty if none did
 */
public record ConsumerState(
        OptionalLong lag,
        int uncommittedSpan,
        long bytes,
        @Nullable String readingLimit,
        int running,
        @Nullable LongestHandler longest,
        MessagingSnapshot.Listener.@Nullable Outage outage,
        @Nullable RuntimeException trouble,
        Map<TopicPartition, Long> failedAt) {

    /**
     * A handler that runs.
     *
     * @param message its message
     * @param place topic, partition and offset of the message
     * @param duration how long it has run until now
     */
    public record LongestHandler(MessageId message, String place, Duration duration) {}
}
