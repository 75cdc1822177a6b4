package io.reliablemessaging.consumer;

import io.reliablemessaging.MessageId;
import io.reliablemessaging.MessagingSnapshot;
import java.time.Duration;
import java.util.Map;
import java.util.OptionalLong;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * The state of the consumers of one listener, as of a moment ago.
 *
 * @param lag messages of its partitions that are not handled yet; empty if unknown
 * @param uncommittedSpan longest run of offsets in one partition from the first unfinished record on
 * @param bytes memory of records that are not finished
 * @param readingLimit the limit that stops it from reading more records; null if none does
 * @param running handlers that run
 * @param longest the handler that has run longest; null if none runs
 * @param outage the outage that deliveries wait for; null if there is none
 * @param trouble why it cannot read; it retries. Null if it can read
 * @param failedAt the next offset of each partition when an {@link Error} ended it; empty if none did
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
     * The handler that has run longest.
     *
     * @param message the message that it handles
     * @param place topic, partition and offset of the message
     * @param duration how long it has run
     */
    public record LongestHandler(MessageId message, String place, Duration duration) {}
}
