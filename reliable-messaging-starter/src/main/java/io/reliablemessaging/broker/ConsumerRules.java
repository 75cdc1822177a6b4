package io.reliablemessaging.broker;

import io.reliablemessaging.Finding;
import io.reliablemessaging.audit.FindingCode;
import io.reliablemessaging.text.DurationText;
import io.reliablemessaging.topics.ClusterAdmin;
import io.reliablemessaging.topics.ClusterAnswers;
import io.reliablemessaging.topics.ClusterState;
import io.reliablemessaging.topics.ConfigValues;
import io.reliablemessaging.topics.ListenedTopics.Listened;
import io.reliablemessaging.topics.TopicSafety;
import io.reliablemessaging.topics.TopicState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.AuthorizationException;

/** Checks the groups that listen: whether their offsets survive, and whether records were removed before they were read. */
final class ConsumerRules {

    private static final String OFFSETS_TOPIC = "__consumer_offsets";

    // the name of a setting that only brokers have; its constant is in the server's jar
    private static final String OFFSET_RETENTION = "offsets.retention.minutes";

    private ConsumerRules() {}

    static List<Finding> judge(ClusterState state, ClusterAdmin cluster, Set<Listened> listened) {
        List<Finding> findings = new ArrayList<>();
        checkOffsetsTopic(state, cluster, findings);
        checkExpiry(state, listened, findings);
        checkPositions(cluster, state, listened, findings);
        return findings;
    }

    private static void checkOffsetsTopic(ClusterState state, ClusterAdmin cluster, List<Finding> findings) {
        ClusterAnswers<String, TopicDescription> clusterAnswers = cluster.describe(List.of(OFFSETS_TOPIC));
        clusterAnswers.given().values().forEach(description -> {
            int replicas = new TopicState(description, null).replicas();
            int wanted = TopicSafety.replicas(state.brokers().size());
            if (replicas < wanted) {
                findings.add(FindingCode.OFFSETS_WEAK.finding(
                        "replicas of topic " + OFFSETS_TOPIC,
                        replicas,
                        wanted,
                        "Reassign its partitions to more brokers with kafka-reassign-partitions.sh."));
            }
        });
    }

    private static void checkExpiry(ClusterState state, Set<Listened> listened, List<Finding> findings) {
        if (state.brokerConfig() == null) {
            return;
        }
        Duration offsets = Duration.ofMinutes(ConfigValues.number(state.brokerConfig(), OFFSET_RETENTION, 7 * 24 * 60));
        Set<String> topics = listened.stream().map(Listened::topic).collect(Collectors.toCollection(TreeSet::new));
        for (TopicState topic : state.find(topics)) {
            if (topic.config() != null && offsets.toMillis() < topic.retentionMillis()) {
                findings.add(FindingCode.OFFSETS_EXPIRE.finding(
                        OFFSET_RETENTION + " of the brokers, for topic " + topic.name(),
                        DurationText.of(offsets),
                        topic.retentionMillis() == Long.MAX_VALUE
                                ? "as long as the topic keeps messages, which is for ever"
                                : "at least " + DurationText.of(Duration.ofMillis(topic.retentionMillis()))
                                        + ", as long as the topic keeps messages",
                        "Alter %s of the brokers, or never stop all listeners of a group for that long."
                                .formatted(OFFSET_RETENTION)));
            }
        }
    }

    // A record that was removed before it was read is lost, and without this check nothing would tell.
    private static void checkPositions(
            ClusterAdmin cluster, ClusterState state, Set<Listened> listened, List<Finding> findings) {
        Set<String> groups = listened.stream().map(Listened::group).collect(Collectors.toCollection(TreeSet::new));
        ClusterAnswers<String, Map<TopicPartition, OffsetAndMetadata>> committed = cluster.committed(groups);
        committed.refused().forEach((group, reason) -> {
            if (reason instanceof AuthorizationException) {
                findings.add(FindingCode.GROUP_HIDDEN.finding(
                        "offsets of group " + group,
                        "not visible (" + reason.getMessage() + ")",
                        "visible",
                        "Allow this application to Describe the group."));
            }
        });
        Map<TopicPartition, Long> starts =
                readStarts(cluster, state, committed.given().values());
        for (Listened each : listened) {
            checkRemoved(each, committed.given().getOrDefault(each.group(), Map.of()), starts, findings);
        }
    }

    private static Map<TopicPartition, Long> readStarts(
            ClusterAdmin cluster, ClusterState state, Collection<Map<TopicPartition, OffsetAndMetadata>> positions) {
        Set<TopicPartition> partitions = positions.stream()
                .flatMap(each -> each.keySet().stream())
                .filter(partition -> isLed(state, partition))
                .collect(Collectors.toSet());
        Map<TopicPartition, Long> starts = new HashMap<>();
        Map<TopicPartition, ListOffsetsResultInfo> given =
                cluster.earliest(partitions).given();
        given.forEach((partition, info) -> starts.put(partition, info.offset()));
        return starts;
    }

    // partitions without a leader cannot answer, and asking them takes time
    private static boolean isLed(ClusterState state, TopicPartition partition) {
        TopicState topic = state.topics().get(partition.topic());
        return topic != null
                && topic.description().partitions().stream()
                        .anyMatch(each -> each.partition() == partition.partition()
                                && each.leader() != null
                                && state.isUp(each.leader()));
    }

    private static void checkRemoved(
            Listened listened,
            Map<TopicPartition, OffsetAndMetadata> positions,
            Map<TopicPartition, Long> starts,
            List<Finding> findings) {
        positions.forEach((partition, position) -> {
            Long start = starts.get(partition);
            if (partition.topic().equals(listened.topic())
                    && position != null
                    && start != null
                    && position.offset() < start) {
                findings.add(FindingCode.REMOVED_UNREAD.finding(
                        "group %s in partition %d of topic %s"
                                .formatted(listened.group(), partition.partition(), partition.topic()),
                        "has read up to offset %d, but the topic begins at %d".formatted(position.offset(), start),
                        "no gap",
                        "Lengthen the topic's retention; have the sending application send the lost messages again."));
            }
        });
    }
}
