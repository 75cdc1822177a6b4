package io.reliablemessaging.broker;

import io.reliablemessaging.broker.ListenedTopics.Listened;
import io.reliablemessaging.broker.TopicsProperties.Topic;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.RetriableException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Creates the topics that are missing, as safe as the cluster can hold, and tells which existing ones are weaker. */
final class TopicProvisioner {

    private static final Logger log = LoggerFactory.getLogger(TopicProvisioner.class);
    private static final int REPLICAS = 3;

    private final Map<String, Topic> declared;
    private final ListenedTopics listened;

    TopicProvisioner(Map<String, Topic> declared, ListenedTopics listened) {
        this.declared = declared;
        this.listened = listened;
    }

    /**
     * What came of it.
     *
     * @param findings what is weak
     * @param refused topics that the cluster would not create, and why
     */
    record Report(List<Finding> findings, Map<String, String> refused) {}

    /** Whether there is no topic to see to. */
    boolean isIdle() {
        return declared.isEmpty() && listened.all().isEmpty();
    }

    /** Creates what is missing and tells what is weak. A topic that cannot be created does not hinder the others. */
    Report provision(ClusterAdmin cluster) {
        int brokers = cluster.brokers();
        Map<String, Topic> wanted = wanted(cluster);
        Map<String, TopicDescription> existing = cluster.existing(wanted.keySet());
        Map<String, Config> configs = cluster.configs(existing.keySet());
        List<Finding> findings = new ArrayList<>();
        Map<String, String> refused = new TreeMap<>();
        wanted.forEach((name, topic) -> {
            TopicDescription description = existing.get(name);
            if (description == null) {
                create(cluster, name, topic, brokers, refused);
            } else {
                verify(name, topic, description, Objects.requireNonNull(configs.get(name)), brokers, findings);
            }
        });
        return new Report(findings, refused);
    }

    private static void create(
            ClusterAdmin cluster, String name, Topic topic, int brokers, Map<String, String> refused) {
        try {
            create(cluster, name, topic, brokers);
        } catch (RetriableException e) {
            throw e; // the cluster has gone away: the other topics would fail too, each after its own wait
        } catch (ApiException e) {
            refused.put(name, String.valueOf(e.getMessage()));
        }
    }

    // A dead letter's topic has as many partitions as its source, unless it is declared: the same keys stay together.
    private Map<String, Topic> wanted(ClusterAdmin cluster) {
        Map<String, Topic> wanted = new TreeMap<>(declared);
        List<String> sources =
                listened.all().stream().map(Listened::topic).distinct().toList();
        Map<String, TopicDescription> existing = cluster.existing(sources);
        for (Listened each : listened.all()) {
            wanted.computeIfAbsent(each.deadLetterTopic(), name -> deadLetters(each.topic(), existing));
        }
        return wanted;
    }

    private Topic deadLetters(String source, Map<String, TopicDescription> existing) {
        TopicDescription description = existing.get(source);
        Integer partitions = description != null
                ? Integer.valueOf(description.partitions().size())
                : declared.getOrDefault(source, Topic.SAFE).partitions();
        return new Topic(partitions, null, null, null);
    }

    private static void create(ClusterAdmin cluster, String name, Topic topic, int brokers) {
        int replicas = replicas(topic, brokers);
        Map<String, String> config = new HashMap<>();
        config.put(TopicConfig.MIN_IN_SYNC_REPLICAS_CONFIG, Integer.toString(minIsr(topic, replicas)));
        config.put(TopicConfig.UNCLEAN_LEADER_ELECTION_ENABLE_CONFIG, "false");
        if (topic.retention() != null) {
            config.put(
                    TopicConfig.RETENTION_MS_CONFIG,
                    Long.toString(topic.retention().toMillis()));
        }
        cluster.create(new NewTopic(name, Optional.ofNullable(topic.partitions()), Optional.of((short) replicas))
                .configs(config));
        log.info(
                "Created topic {} with {} replicas and min.insync.replicas={}",
                name,
                replicas,
                minIsr(topic, replicas));
    }

    private static void verify(
            String name,
            Topic topic,
            TopicDescription description,
            Config config,
            int brokers,
            List<Finding> findings) {
        int wantedReplicas = replicas(topic, brokers);
        int replicas = description.partitions().stream()
                .map(partition -> partition.replicas().size())
                .min(Comparator.naturalOrder())
                .orElse(0);
        if (replicas < wantedReplicas) {
            findings.add(weak(name, "replicas", replicas, wantedReplicas, "Reassign its partitions to more brokers."));
        }
        int minIsr = Integer.parseInt(value(config, TopicConfig.MIN_IN_SYNC_REPLICAS_CONFIG, "1"));
        int wantedMinIsr = minIsr(topic, wantedReplicas);
        if (minIsr < wantedMinIsr) {
            findings.add(weak(name, "min.insync.replicas", minIsr, wantedMinIsr, alter(name, "min.insync.replicas")));
        }
        if (Boolean.parseBoolean(value(config, TopicConfig.UNCLEAN_LEADER_ELECTION_ENABLE_CONFIG, "false"))) {
            findings.add(weak(
                    name,
                    "unclean.leader.election.enable",
                    true,
                    false,
                    alter(name, "unclean.leader.election.enable")));
        }
    }

    private static int replicas(Topic topic, int brokers) {
        return topic.replicas() != null ? topic.replicas() : Math.min(REPLICAS, brokers);
    }

    private static int minIsr(Topic topic, int replicas) {
        return topic.minIsr() != null ? topic.minIsr() : replicas / 2 + 1;
    }

    private static String value(Config config, String name, String otherwise) {
        var entry = config.get(name);
        return entry == null || entry.value() == null ? otherwise : entry.value();
    }

    private static Finding weak(String topic, String setting, Object actual, Object required, String remedy) {
        return new Finding("%s of topic %s".formatted(setting, topic), actual.toString(), required.toString(), remedy);
    }

    private static String alter(String topic, String setting) {
        return "Alter %s of topic %s with kafka-configs.sh; it was not changed.".formatted(setting, topic);
    }
}
