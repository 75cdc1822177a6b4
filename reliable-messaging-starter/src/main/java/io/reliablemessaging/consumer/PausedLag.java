package io.reliablemessaging.consumer;

import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;

/**
 * Measures how much waits for a paused listener. Its partitions are not fetched, so Kafka is asked, now and then. For the
 * consumer's thread.
 */
final class PausedLag {

    private static final long BETWEEN_QUESTIONS = Duration.ofSeconds(10).toNanos();
    private static final Duration LIMIT = Duration.ofSeconds(5);

    private OptionalLong last = OptionalLong.empty();
    private long next = System.nanoTime();

    /** Returns the records behind the committed offsets of its partitions, as of some seconds ago; empty if Kafka does not say. */
    OptionalLong read(Consumer<?, ?> consumer) {
        if (System.nanoTime() - next >= 0) {
            try {
                last = OptionalLong.of(ask(consumer, consumer.assignment()));
            } catch (KafkaException e) {
                last = OptionalLong.empty();
            }
            next = System.nanoTime() + BETWEEN_QUESTIONS;
        }
        return last;
    }

    private static long ask(Consumer<?, ?> consumer, Set<TopicPartition> partitions) {
        Map<TopicPartition, OffsetAndMetadata> committed = consumer.committed(partitions, LIMIT);
        Set<TopicPartition> unread = new HashSet<>(partitions);
        unread.removeIf(partition -> committed.get(partition) != null);
        Map<TopicPartition, Long> first = unread.isEmpty() ? Map.of() : consumer.beginningOffsets(unread, LIMIT);
        long sum = 0;
        for (Map.Entry<TopicPartition, Long> end :
                consumer.endOffsets(partitions, LIMIT).entrySet()) {
            OffsetAndMetadata from = committed.get(end.getKey());
            long begin = from == null ? first.getOrDefault(end.getKey(), 0L) : from.offset();
            sum += Math.max(0, end.getValue() - begin);
        }
        return sum;
    }
}
