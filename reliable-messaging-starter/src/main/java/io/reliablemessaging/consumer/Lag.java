package io.reliablemessaging.consumer;

import java.util.Collection;
import java.util.OptionalLong;
import java.util.Set;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.common.TopicPartition;

/** Tells how far a listener is behind: what it has not read of its partitions, and what it has read and not handled. */
final class Lag {

    private Lag() {}

    /** Sums it up, on the consumer's thread. Asks nobody: with what it reads, the consumer hears how much there is. */
    static OptionalLong of(Consumer<?, ?> consumer, Collection<PartitionLines> partitions) {
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
