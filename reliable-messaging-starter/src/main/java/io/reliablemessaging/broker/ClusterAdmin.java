package io.reliablemessaging.broker;

import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** One visit to the cluster: questions and answers about topics, each within a bounded time. */
final class ClusterAdmin implements AutoCloseable {

    private static final String AUTO_CREATE = "auto.create.topics.enable";
    private static final Duration LIMIT = Duration.ofSeconds(10);

    private final Admin admin;

    ClusterAdmin(Map<String, Object> config) {
        this.admin = Admin.create(config);
    }

    int brokers() {
        return answer(admin.describeCluster().nodes()).size();
    }

    /** Those of the topics that exist. */
    Map<String, TopicDescription> existing(Collection<String> topics) {
        Map<String, TopicDescription> existing = new HashMap<>();
        admin.describeTopics(topics).topicNameValues().forEach((name, future) -> {
            try {
                existing.put(name, answer(future));
            } catch (UnknownTopicOrPartitionException e) {
                // it does not exist: that was the question
            }
        });
        return existing;
    }

    Map<String, Config> configs(Collection<String> topics) {
        List<ConfigResource> resources = topics.stream()
                .map(name -> new ConfigResource(ConfigResource.Type.TOPIC, name))
                .toList();
        return answer(admin.describeConfigs(resources).all()).entrySet().stream()
                .collect(Collectors.toMap(entry -> entry.getKey().name(), Map.Entry::getValue));
    }

    /** Whether the brokers create a topic when somebody writes to it. */
    boolean createsTopics() {
        String broker = answer(admin.describeCluster().controller()).idString();
        ConfigResource resource = new ConfigResource(ConfigResource.Type.BROKER, broker);
        Config config = answer(admin.describeConfigs(List.of(resource)).all()).get(resource);
        ConfigEntry entry = config == null ? null : config.get(AUTO_CREATE);
        return entry == null || Boolean.parseBoolean(entry.value());
    }

    /** Creates a topic, unless another instance was faster. */
    void create(NewTopic topic) {
        try {
            answer(admin.createTopics(List.of(topic)).all());
        } catch (TopicExistsException e) {
            // another instance of this application: it wanted the same
        }
    }

    @Override
    public void close() {
        admin.close(Duration.ZERO); // all questions are answered, or given up: nothing to wait for
    }

    /**
     * Waits for an answer.
     *
     * @throws KafkaException if there is none in time, or it is no
     */
    static <T> T answer(KafkaFuture<T> future) {
        try {
            return future.get(LIMIT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : new KafkaException(e.getCause());
        } catch (TimeoutException e) {
            throw new KafkaException("The cluster did not answer within " + LIMIT, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new KafkaException("Interrupted while waiting for the cluster", e);
        }
    }
}
