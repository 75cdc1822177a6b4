package io.reliablemessaging.support;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaFuture;
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
