package io.reliablemessaging.support;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewPartitionReassignment;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.awaitility.Awaitility;

/** The topics of a real cluster and their settings, looked at from outside. */
public final class Topics {

    private final String bootstrapServers;

    public Topics(String bootstrapServers) {
        this.bootstrapServers = bootstrapServers;
    }

    public void create(String name, int partitions, int replicas, Map<String, String> config) {
        try (Admin admin = KafkaTopic.admin(bootstrapServers)) {
            answer(admin.createTopics(List.of(new NewTopic(name, partitions, (short) replicas).configs(config)))
                    .all());
        }
        description(name);
    }

    /** Changes one setting of a topic, as somebody with kafka-configs.sh would. */
    public void alter(String name, String setting, String value) {
        ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, name);
        AlterConfigOp change = new AlterConfigOp(new ConfigEntry(setting, value), AlterConfigOp.OpType.SET);
        try (Admin admin = KafkaTopic.admin(bootstrapServers)) {
            answer(admin.incrementalAlterConfigs(Map.of(resource, List.of(change)))
                    .all());
        }
    }

    /** Moves a partition to these brokers; returns when it is asked for, not when it is done. */
    public void reassign(String name, int partition, Integer... brokers) {
        try (Admin admin = KafkaTopic.admin(bootstrapServers)) {
            answer(admin.alterPartitionReassignments(Map.of(
                            new TopicPartition(name, partition),
                            Optional.of(new NewPartitionReassignment(List.of(brokers)))))
                    .all());
        }
    }

    /** Removes the records of a partition before an offset, as its retention would. */
    public void removeBefore(long offset, String name, int partition) {
        try (Admin admin = KafkaTopic.admin(bootstrapServers)) {
            answer(admin.deleteRecords(
                            Map.of(new TopicPartition(name, partition), RecordsToDelete.beforeOffset(offset)))
                    .all());
        }
    }

    /** Says where a group without members is to go on reading. */
    public void seek(String group, String name, int partition, long offset) {
        try (Admin admin = KafkaTopic.admin(bootstrapServers)) {
            answer(admin.alterConsumerGroupOffsets(
                            group, Map.of(new TopicPartition(name, partition), new OffsetAndMetadata(offset)))
                    .all());
        }
    }

    public boolean exists(String name) {
        try (Admin admin = KafkaTopic.admin(bootstrapServers)) {
            return answer(admin.listTopics().names()).contains(name);
        }
    }

    public int partitions(String name) {
        return description(name).partitions().size();
    }

    /** Replicas of each partition, which must be the same number for all. */
    public int replicas(String name) {
        List<Integer> counts = description(name).partitions().stream()
                .map(partition -> partition.replicas().size())
                .distinct()
                .toList();
        if (counts.size() != 1) {
            throw new AssertionError("Partitions of " + name + " have " + counts + " replicas");
        }
        return counts.get(0);
    }

    public Map<String, String> config(String name) {
        ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, name);
        description(name);
        try (Admin admin = KafkaTopic.admin(bootstrapServers)) {
            return answer(admin.describeConfigs(List.of(resource)).all()).get(resource).entries().stream()
                    .filter(entry -> entry.value() != null)
                    .collect(Collectors.toMap(ConfigEntry::name, ConfigEntry::value));
        }
    }

    // the controller makes topics, and brokers hear of it a moment later
    private TopicDescription description(String name) {
        try (Admin admin = KafkaTopic.admin(bootstrapServers)) {
            return Awaitility.await("topic " + name)
                    .ignoreExceptions()
                    .until(
                            () -> answer(admin.describeTopics(List.of(name)).allTopicNames())
                                    .get(name),
                            Objects::nonNull);
        }
    }

    private static <T> T answer(KafkaFuture<T> future) {
        try {
            return future.get();
        } catch (InterruptedException | ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }
}
