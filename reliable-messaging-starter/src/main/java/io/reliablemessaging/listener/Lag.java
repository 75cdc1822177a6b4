package io.reliablemessaging.listener;

import java.util.Collection;
import java.util.OptionalLong;
import java.util.Set;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.common.TopicPartition;

/** How far a listener is behind: what it has not read of its partitions, and what it has read and not handled. */
final class Lag {

    private static final long UNKNOWN = -1;

    private volatile long messages = UNKNOWN;

    /** Looks, on the thread that uses the consumer. Asks nobody: with what it reads, the consumer hears how much there is. */
    void look(Consumer<?, ?> consumer, Collection<PartitionWork> works) {
        long sum = 0;
        Set<TopicPartition> assigned = consumer.assignment();
        for (PartitionWork work : works) {
            OptionalLong unread =
                    assigned.contains(work.partition()) ? consumer.currentLag(work.partition()) : OptionalLong.empty();
            if (unread.isEmpty()) {
                messages = UNKNOWN;
                return;
            }
            sum += unread.getAsLong() + work.size();
        }
        messages = sum;
    }

    void forget() {
        messages = UNKNOWN;
    }

    OptionalLong messages() {
        long known = messages;
        return known == UNKNOWN ? OptionalLong.empty() : OptionalLong.of(known);
    }
}
