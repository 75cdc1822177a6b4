package io.reliablemessaging.topics;

import io.reliablemessaging.Finding;
import io.reliablemessaging.ReliableTopic;
import io.reliablemessaging.audit.FindingCode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.config.TopicConfig;

/** Checks the settings of topics against the durability rules and against their declaration. */
public final class TopicRules {

    private final KnownTopics known;
    private final Duration redriveWindow;
    private final long maxRequestSize;

    /**
     * Creates the rules.
     *
     * @param known the topics of this application
     * @param redriveWindow how long dead-letter topics must keep their records
     * @param maxRequestSize size of the largest message that our producer sends, in bytes
     */
    public TopicRules(KnownTopics known, Duration redriveWindow, long maxRequestSize) {
        this.known = known;
        this.redriveWindow = redriveWindow;
        this.maxRequestSize = maxRequestSize;
    }

    public List<Finding> judge(ClusterState cluster, Map<String, String> refused) {
        List<Finding> findings = new ArrayList<>();
        checkHidden(cluster, findings);
        checkAbsent(cluster, refused, findings);
        for (TopicState topic : cluster.find(known.all())) {
            ReliableTopic declared = known.settings(topic.name());
            checkReplicas(topic, declared, cluster, findings);
            if (topic.config() != null) {
                checkSettings(topic, declared, cluster, findings);
                checkSize(topic, findings);
                checkDeclared(topic, declared, findings);
            }
        }
        checkDeadLetters(cluster, findings);
        return findings;
    }

    private static void checkHidden(ClusterState cluster, List<Finding> findings) {
        cluster.hidden()
                .forEach((name, reason) -> findings.add(FindingCode.TOPIC_UNKNOWN.finding(
                        "settings of topic " + name,
                        "not visible (" + reason + ")",
                        "visible",
                        "Allow this application to Describe and DescribeConfigs on the topic.")));
        cluster.impossible()
                .forEach((name, reason) -> findings.add(FindingCode.TOPIC_IMPOSSIBLE.finding(
                        "name of topic '%s'".formatted(name),
                        "impossible (" + reason + ")",
                        "1 to 249 of a-z, A-Z, 0-9, '.', '_' and '-'",
                        "Correct it where the topic is declared or messages are sent to it.")));
    }

    private void checkAbsent(ClusterState cluster, Map<String, String> refused, List<Finding> findings) {
        for (String name : cluster.missing()) {
            String source = known.deadLetters().get(name);
            String reason = refused.get(name);
            if (reason != null) {
                findings.add(FindingCode.TOPIC_REFUSED.finding(
                        "topic " + name,
                        "refused by the cluster (" + reason + ")",
                        "there",
                        "Correct it under 'reliable-messaging.topics', or create it yourself."));
            } else if (source == null || !cluster.missing().contains(source)) { // else it is created with its source
                findings.add(FindingCode.TOPIC_MISSING.finding("topic " + name, "missing", "there", remedy(name)));
            }
        }
    }

    private String remedy(String missing) {
        return known.isOfOthers(missing)
                ? "Start the application that sends to it and creates it; if that is this one, declare it: reliable-messaging.topics[%s].partitions"
                        .formatted(missing)
                : "Create it, or declare it: reliable-messaging.topics[%s].partitions, with 'reliable-messaging.topics.provision=true'."
                        .formatted(missing);
    }

    private static void checkReplicas(
            TopicState topic, ReliableTopic declared, ClusterState cluster, List<Finding> findings) {
        int wanted = TopicSafety.replicas(declared, cluster.brokers().size());
        if (topic.replicas() < wanted) {
            findings.add(FindingCode.TOO_FEW_REPLICAS.finding(
                    "replicas of topic " + topic.name(),
                    topic.replicas(),
                    wanted,
                    "Reassign its partitions to more brokers with kafka-reassign-partitions.sh."));
        }
    }

    private static void checkSettings(
            TopicState topic, ReliableTopic declared, ClusterState cluster, List<Finding> findings) {
        int replicas = TopicSafety.replicas(declared, cluster.brokers().size());
        int wanted = TopicSafety.minIsr(declared, replicas);
        if (topic.minIsr() < wanted) {
            findings.add(weak(
                    FindingCode.MIN_ISR_TOO_LOW,
                    topic,
                    TopicConfig.MIN_IN_SYNC_REPLICAS_CONFIG,
                    topic.minIsr(),
                    wanted));
        }
        if (topic.replicas() > 1 && topic.minIsr() >= topic.replicas() && declared.minIsr() == null) {
            findings.add(weak(
                    FindingCode.NO_BROKER_TO_SPARE,
                    topic,
                    TopicConfig.MIN_IN_SYNC_REPLICAS_CONFIG,
                    "%d of %d replicas".formatted(topic.minIsr(), topic.replicas()),
                    "less than the replicas"));
        }
        if (ConfigValues.isOn(topic.config(), TopicConfig.UNCLEAN_LEADER_ELECTION_ENABLE_CONFIG)
                && !TopicSafety.isUncleanElectionAllowed(declared)) {
            findings.add(weak(
                    FindingCode.UNCLEAN_ELECTION,
                    topic,
                    TopicConfig.UNCLEAN_LEADER_ELECTION_ENABLE_CONFIG,
                    true,
                    false));
        }
        long flush = ConfigValues.number(topic.config(), TopicConfig.FLUSH_MESSAGES_INTERVAL_CONFIG, Long.MAX_VALUE);
        if (topic.replicas() == 1 && replicas == 1 && !cluster.isSingle() && flush > 1) {
            findings.add(
                    weak(FindingCode.NOT_FLUSHED, topic, TopicConfig.FLUSH_MESSAGES_INTERVAL_CONFIG, text(flush), 1));
        }
    }

    private void checkSize(TopicState topic, List<Finding> findings) {
        if (known.isSentTo(topic.name()) && topic.maxMessageBytes() < maxRequestSize) {
            findings.add(weak(
                    FindingCode.MESSAGES_TOO_LARGE,
                    topic,
                    TopicConfig.MAX_MESSAGE_BYTES_CONFIG,
                    topic.maxMessageBytes(),
                    "at least the producer's max.request.size of " + maxRequestSize));
        }
    }

    private static void checkDeclared(TopicState topic, ReliableTopic declared, List<Finding> findings) {
        Integer partitions = declared.partitions();
        if (partitions != null && partitions != topic.partitions()) {
            findings.add(FindingCode.OTHER_PARTITIONS.finding(
                    "partitions of topic " + topic.name(),
                    topic.partitions(),
                    partitions,
                    "Declare the present number; it is never changed here, because keys would move to other"
                            + " partitions and overtake themselves."));
        }
        Duration retention = declared.retention();
        if (retention != null && retention.toMillis() != topic.retentionMillis()) {
            findings.add(weak(
                    FindingCode.OTHER_RETENTION,
                    topic,
                    TopicConfig.RETENTION_MS_CONFIG,
                    text(topic.retentionMillis()),
                    retention.toMillis()));
        }
        declared.config().forEach((setting, value) -> {
            String actual = ConfigValues.text(topic.config(), setting, "unknown");
            if (!actual.equals(value)) {
                findings.add(weak(FindingCode.OTHER_CONFIG, topic, setting, actual, value));
            }
        });
    }

    private void checkDeadLetters(ClusterState cluster, List<Finding> findings) {
        known.deadLetters().forEach((name, source) -> {
            for (TopicState topic : cluster.find(List.of(name))) {
                if (topic.config() != null) {
                    checkRetention(topic, findings);
                    checkRoom(topic, cluster.find(List.of(source)), findings);
                }
            }
        });
    }

    private void checkRetention(TopicState topic, List<Finding> findings) {
        if (known.settings(topic.name()).retention() == null && topic.retentionMillis() < redriveWindow.toMillis()) {
            findings.add(weak(
                    FindingCode.DEAD_LETTERS_EXPIRE,
                    topic,
                    TopicConfig.RETENTION_MS_CONFIG,
                    topic.retentionMillis(),
                    redriveWindow.toMillis()));
        }
        long bytes = ConfigValues.number(topic.config(), TopicConfig.RETENTION_BYTES_CONFIG, -1);
        if (bytes >= 0 && !known.settings(topic.name()).config().containsKey(TopicConfig.RETENTION_BYTES_CONFIG)) {
            findings.add(weak(FindingCode.DEAD_LETTERS_EXPIRE, topic, TopicConfig.RETENTION_BYTES_CONFIG, bytes, -1));
        }
    }

    private static void checkRoom(TopicState topic, List<TopicState> sources, List<Finding> findings) {
        for (TopicState source : sources) {
            if (topic.maxMessageBytes() < source.maxMessageBytes()) {
                findings.add(weak(
                        FindingCode.DEAD_LETTERS_TOO_LARGE,
                        topic,
                        TopicConfig.MAX_MESSAGE_BYTES_CONFIG,
                        topic.maxMessageBytes(),
                        "at least %d, as topic %s".formatted(source.maxMessageBytes(), source.name())));
            }
        }
    }

    private static Finding weak(FindingCode code, TopicState topic, String setting, Object actual, Object required) {
        return code.finding(
                "%s of topic %s".formatted(setting, topic.name()),
                actual,
                required,
                "Alter %s of topic %s with kafka-configs.sh; it was not changed.".formatted(setting, topic.name()));
    }

    private static String text(long number) {
        return number == Long.MAX_VALUE ? "unlimited" : Long.toString(number);
    }
}
