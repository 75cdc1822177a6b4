package io.reliablemessaging.topics;

import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.CreateTopicsResult;
import org.apache.kafka.clients.admin.DescribeClusterOptions;
import org.apache.kafka.clients.admin.DescribeConfigsOptions;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsSpec;
import org.apache.kafka.clients.admin.ListOffsetsResult;
import org.apache.kafka.clients.admin.ListShareGroupOffsetsSpec;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.SharePartitionOffsetInfo;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.jspecify.annotations.Nullable;

/** Asks the cluster through an admin client of its own, each question within a limited time. */
public final class ClusterAdmin implements AutoCloseable {

    public static final String AUTO_CREATE = "auto.create.topics.enable";
    private static final int REQUEST_MILLIS = 3_000;
    private static final int QUESTION_MILLIS = 10_000;
    private static final int BROKER_MILLIS = 5_000;

    private final Admin admin;

    private ClusterAdmin(Admin admin) {
        this.admin = admin;
    }

    /** Opens a client, which connects when it is asked for the first time. */
    public static ClusterAdmin open(Map<String, Object> config) {
        Map<String, Object> bounded = new HashMap<>(config);
        // short enough to ask another broker if one does not answer
        bounded.put(CommonClientConfigs.REQUEST_TIMEOUT_MS_CONFIG, REQUEST_MILLIS);
        bounded.put(CommonClientConfigs.DEFAULT_API_TIMEOUT_MS_CONFIG, QUESTION_MILLIS);
        return new ClusterAdmin(Admin.create(bounded));
    }

    /** Returns all brokers of the cluster, including those that are down. */
    Collection<Node> brokers() {
        try {
            return ClusterAnswers.await(admin.describeCluster(new DescribeClusterOptions().includeFencedBrokers(true))
                    .nodes());
        } catch (UnsupportedVersionException e) {
            return ClusterAnswers.await(admin.describeCluster().nodes()); // before Kafka 4.0: only those that are up
        }
    }

    /** Returns the settings of these brokers; each is asked for its own. */
    ClusterAnswers<Integer, Config> brokerConfigs(Collection<Integer> brokers) {
        return configs(
                ConfigResource.Type.BROKER,
                brokers.stream().collect(Collectors.toMap(id -> Integer.toString(id), Function.identity())));
    }

    /** Returns those of the topics that exist. */
    Map<String, TopicDescription> existing(Collection<String> topics) {
        ClusterAnswers<String, TopicDescription> clusterAnswers = describe(topics);
        clusterAnswers.refused().forEach((name, reason) -> {
            if (!(reason instanceof UnknownTopicOrPartitionException)) {
                throw reason;
            }
        });
        return clusterAnswers.given();
    }

    public ClusterAnswers<String, TopicDescription> describe(Collection<String> topics) {
        return ClusterAnswers.awaitAll(admin.describeTopics(topics).topicNameValues());
    }

    ClusterAnswers<String, Config> topicConfigs(Collection<String> topics) {
        return configs(
                ConfigResource.Type.TOPIC,
                topics.stream().collect(Collectors.toMap(Function.identity(), Function.identity())));
    }

    private <K> ClusterAnswers<K, Config> configs(ConfigResource.Type type, Map<String, K> names) {
        Map<K, KafkaFuture<Config>> futures = new HashMap<>();
        admin.describeConfigs(
                        names.keySet().stream()
                                .map(name -> new ConfigResource(type, name))
                                .toList(),
                        new DescribeConfigsOptions().timeoutMs(BROKER_MILLIS))
                .values()
                .forEach((resource, future) -> futures.put(names.get(resource.name()), future));
        return ClusterAnswers.awaitAll(futures);
    }

    /** Tells whether brokers create a missing topic when a record is sent to it; true if that is not visible. */
    boolean createsTopics() {
        int broker = ClusterAnswers.await(admin.describeCluster().controller()).id();
        Config config = brokerConfigs(List.of(broker)).given().get(broker);
        ConfigEntry entry = config == null ? null : config.get(AUTO_CREATE);
        return entry == null || Boolean.parseBoolean(entry.value());
    }

    /** Returns the committed offsets of each group, for the partitions that it has read before. */
    public ClusterAnswers<String, Map<TopicPartition, OffsetAndMetadata>> committed(Collection<String> groups) {
        var result = admin.listConsumerGroupOffsets(groups.stream()
                .collect(Collectors.toMap(Function.identity(), group -> new ListConsumerGroupOffsetsSpec())));
        return ClusterAnswers.awaitAll(
                groups.stream().collect(Collectors.toMap(Function.identity(), result::partitionsToOffsetAndMetadata)));
    }

    /** Returns the first offset of each partition. */
    public ClusterAnswers<TopicPartition, ListOffsetsResult.ListOffsetsResultInfo> earliest(
            Collection<TopicPartition> partitions) {
        ListOffsetsResult result = admin.listOffsets(
                partitions.stream().collect(Collectors.toMap(Function.identity(), each -> OffsetSpec.earliest())));
        return ClusterAnswers.awaitAll(
                partitions.stream().collect(Collectors.toMap(Function.identity(), result::partitionResult)));
    }

    /** Returns the end offset of each partition. */
    ClusterAnswers<TopicPartition, ListOffsetsResult.ListOffsetsResultInfo> latest(
            Collection<TopicPartition> partitions) {
        ListOffsetsResult result = admin.listOffsets(
                partitions.stream().collect(Collectors.toMap(Function.identity(), each -> OffsetSpec.latest())));
        return ClusterAnswers.awaitAll(
                partitions.stream().collect(Collectors.toMap(Function.identity(), result::partitionResult)));
    }

    /** Returns the offset of the first record of each partition that a share group has not finished; null where it has not begun. */
    Map<TopicPartition, @Nullable SharePartitionOffsetInfo> shareGroupOffsets(String group) {
        return ClusterAnswers.await(admin.listShareGroupOffsets(Map.of(group, new ListShareGroupOffsetsSpec()))
                .partitionsToOffsetInfo(group));
    }

    /**
     * Creates a topic, unless another instance has just created it.
     *
     * @return the created topic; empty if it is not visible, or if it existed already
     */
    Optional<TopicShape> create(NewTopic topic) {
        CreateTopicsResult result = admin.createTopics(List.of(topic));
        try {
            ClusterAnswers.await(result.all());
        } catch (TopicExistsException e) {
            return Optional.empty(); // created by another instance of this application, with the same settings
        }
        try {
            return Optional.of(TopicShape.of(
                    ClusterAnswers.await(result.numPartitions(topic.name())),
                    ClusterAnswers.await(result.config(topic.name()))));
        } catch (AuthorizationException e) {
            return Optional.empty(); // we may create topics, but not describe them
        }
    }

    @Override
    public void close() {
        admin.close(Duration.ZERO); // all questions were answered or given up
    }
}
