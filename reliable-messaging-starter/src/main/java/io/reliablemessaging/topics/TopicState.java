package io.reliablemessaging.topics;

import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.config.TopicConfig;
import org.jspecify.annotations.Nullable;

/**
 * The state of an existing topic.
 *
 * @param description its description, with its partitions
 * @param config its settings; null if they are not visible
 */
public record TopicState(
        TopicDescription description, @Nullable Config config) {

    public String name() {
        return description.name();
    }

    int partitions() {
        return description.partitions().size();
    }

    public int replicas() {
        return description.partitions().stream()
                .map(partition -> partition.replicas().size())
                .min(Comparator.naturalOrder())
                .orElse(0);
    }

    public int minIsr() {
        return (int) ConfigValues.number(config, TopicConfig.MIN_IN_SYNC_REPLICAS_CONFIG, 1);
    }

    /** Returns how long the topic keeps records, in ms; a compacted topic keeps the last record of each key for ever. */
    public long retentionMillis() {
        boolean deletes = ConfigValues.text(
                        config, TopicConfig.CLEANUP_POLICY_CONFIG, TopicConfig.CLEANUP_POLICY_DELETE)
                .contains(TopicConfig.CLEANUP_POLICY_DELETE);
        long millis = ConfigValues.number(config, TopicConfig.RETENTION_MS_CONFIG, -1);
        return deletes && millis >= 0 ? millis : Long.MAX_VALUE;
    }

    long maxMessageBytes() {
        return TopicShape.of(partitions(), config).maxMessageBytes();
    }

    /** Lists the partitions that meet a condition, for a person; empty if none does. */
    public String partitionsThat(Predicate<TopicPartitionInfo> condition) {
        List<String> numbers = description.partitions().stream()
                .filter(condition)
                .map(partition -> Integer.toString(partition.partition()))
                .toList();
        return numbers.size() == partitions() && numbers.size() > 1
                ? "all partitions"
                : numbers.stream()
                        .limit(10)
                        .collect(Collectors.joining(
                                ", ",
                                numbers.isEmpty() ? "" : numbers.size() == 1 ? "partition " : "partitions ",
                                numbers.size() > 10 ? " and others" : ""));
    }

    /** Counts those of the given brokers whose replica is in sync. */
    public static long inSync(TopicPartitionInfo partition, Predicate<Node> isUp) {
        return partition.isr().stream().filter(isUp).count();
    }
}
