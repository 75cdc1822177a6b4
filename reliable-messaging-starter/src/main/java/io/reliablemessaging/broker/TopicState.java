package io.reliablemessaging.broker;

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
 * A topic as it was found.
 *
 * @param description its partitions
 * @param config its settings, if we may know them
 */
record TopicState(TopicDescription description, @Nullable Config config) {

    String name() {
        return description.name();
    }

    int partitions() {
        return description.partitions().size();
    }

    int replicas() {
        return description.partitions().stream()
                .map(partition -> partition.replicas().size())
                .min(Comparator.naturalOrder())
                .orElse(0);
    }

    int minIsr() {
        return (int) Settings.number(config, TopicConfig.MIN_IN_SYNC_REPLICAS_CONFIG, 1);
    }

    /** How long it keeps messages; compacted topics keep the last of each key for ever. */
    long retentionMillis() {
        boolean deletes = Settings.text(config, TopicConfig.CLEANUP_POLICY_CONFIG, TopicConfig.CLEANUP_POLICY_DELETE)
                .contains(TopicConfig.CLEANUP_POLICY_DELETE);
        long millis = Settings.number(config, TopicConfig.RETENTION_MS_CONFIG, -1);
        return deletes && millis >= 0 ? millis : Long.MAX_VALUE;
    }

    long maxMessageBytes() {
        return TopicShape.of(partitions(), config).maxMessageBytes();
    }

    /** Numbers of the partitions that are so, for a person to read; empty if none is. */
    String partitionsThat(Predicate<TopicPartitionInfo> condition) {
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

    /** Replicas that have all messages, among these brokers. */
    static long inSync(TopicPartitionInfo partition, Predicate<Node> isUp) {
        return partition.isr().stream().filter(isUp).count();
    }
}
