package io.reliablemessaging.consumer;

import io.reliablemessaging.lines.PartitionLines;
import java.util.Collection;
import java.util.OptionalLong;
import java.util.Set;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.common.TopicPartition;

/** Measures how far a listener is behind: records that it has not read, and records that it has read and not handled. */
final class ListenerLag {

    private ListenerLag() {}

    /**
     * Adds up the lag of all partitions, on the consumer's thread. Sends no request: fetch responses tell the consumer the
     * lag.
     */
    static OptionalLong sum(Consumer<?, ?> consumer, Collection<PartitionLines> partitions) {
        long sum = 0;
        Set<TopicPartition> assigned = consumer.assignment();
        for (PartitionLines lines : partitions) {
            OptionalLong unread = assigned.contains(lines.partition())
                    ? consumer.currentLag(lines.partition())
                    : OptionalLong.empty();
            if (unread.isEmpty()) {
                return OptionalLong.empty();
            }
            sum += unread.getAsLong() + lines.unfinished();
        }
        return OptionalLong.of(sum);
    }
}
