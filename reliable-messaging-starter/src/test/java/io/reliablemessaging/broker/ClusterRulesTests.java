package io.reliablemessaging.broker;

import static io.reliablemessaging.topics.FoundTopics.config;
import static io.reliablemessaging.topics.FoundTopics.node;
import static io.reliablemessaging.topics.FoundTopics.nodes;
import static io.reliablemessaging.topics.FoundTopics.partition;
import static io.reliablemessaging.topics.FoundTopics.topic;
import static org.assertj.core.api.Assertions.assertThat;

import io.reliablemessaging.Finding;
import io.reliablemessaging.topics.ClusterState;
import io.reliablemessaging.topics.TopicState;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.common.TopicPartitionInfo;
import org.junit.jupiter.api.Test;

/** What is wrong with the brokers, and with the state that topics are in. */
class ClusterRulesTests {

    private static final Map<String, String> SAFE = Map.of("min.insync.replicas", "2");
    private static final Config NO_AUTO_CREATION = config(Map.of("auto.create.topics.enable", "false"));

    @Test
    void aSoundClusterHasNoFindings() {
        assertThat(judge(Set.of(), NO_AUTO_CREATION, topic("orders", 3, 3, SAFE)))
                .isEmpty();
    }

    @Test
    void aSingleBrokerIsForDevelopmentAndLosesLessIfItFlushes() {
        Finding single = only(judge(state(Set.of(1), Set.of(), NO_AUTO_CREATION)));
        assertThat(single.where()).isEqualTo("brokers of the cluster");
        assertThat(single.actual()).contains("does not flush");
        Finding flushing = only(judge(state(
                Set.of(1),
                Set.of(),
                config(Map.of("log.flush.interval.messages", "1", "auto.create.topics.enable", "false")))));
        assertThat(flushing.actual()).contains("flushes each message");
        assertThat(flushing.code()).isEqualTo(single.code());
    }

    @Test
    void eachBrokerThatIsDownIsNamed() {
        assertThat(judge(Set.of(2, 3), NO_AUTO_CREATION))
                .extracting(Finding::where)
                .containsExactlyInAnyOrder("broker 2", "broker 3");
    }

    @Test
    void settingsThatMayNotBeSeenAreAFinding() {
        assertThat(only(judge(Set.of(), null)).where()).isEqualTo("settings of the brokers");
    }

    @Test
    void topicsThatWouldBeCreatedWeakAreAFinding() {
        assertThat(only(judge(Set.of(), creating("1", "1"))).required())
                .contains("3 replicas and min.insync.replicas=2");
        assertThat(judge(Set.of(), creating("3", "1"))).hasSize(1);
        assertThat(judge(Set.of(), creating("2", "2"))).hasSize(1);
        assertThat(judge(Set.of(), creating("3", "2"))).isEmpty();
    }

    @Test
    void apartitionWithTooFewReplicasInSyncHasMessagesWait() {
        Finding waiting = only(judge(
                Set.of(),
                NO_AUTO_CREATION,
                topic(
                        "orders",
                        List.of(
                                partition(0, node(1), nodes(1, 2, 3), nodes(1, 2, 3)),
                                partition(1, node(1), nodes(1, 2, 3), nodes(1))),
                        SAFE)));
        assertThat(waiting.actual()).isEqualTo("fewer than 2, or no leader, in partition 1");
        assertThat(waiting.required()).isEqualTo("at least 2 (min.insync.replicas)");
    }

    @Test
    void aPartitionWithoutLeaderHasMessagesWait() {
        TopicPartitionInfo leaderless = partition(0, null, nodes(1, 2, 3), nodes(1, 2, 3));
        assertThat(only(judge(Set.of(), NO_AUTO_CREATION, topic("orders", List.of(leaderless), SAFE)))
                        .actual())
                .contains("in partition 0");
    }

    @Test
    void aLeaderThatIsDownIsNone() {
        List<Finding> findings = judge(Set.of(1), NO_AUTO_CREATION, topic("orders", 1, 3, SAFE));
        assertThat(findings).extracting(Finding::where).containsExactly("broker 1", "replicas in sync of topic orders");
        assertThat(findings.get(1).actual()).contains("or no leader");
    }

    @Test
    void aReplicaThatLagsIsToldUnlessMessagesWaitAnyway() {
        Finding weakened = only(judge(
                Set.of(),
                NO_AUTO_CREATION,
                topic("orders", List.of(partition(0, node(1), nodes(1, 2, 3), nodes(1, 2))), SAFE)));
        assertThat(weakened.actual()).isEqualTo("not all in partition 0");
        assertThat(weakened.required()).isEqualTo("3");
    }

    private static Config creating(String replicas, String minIsr) {
        Map<String, String> settings = new HashMap<>();
        settings.put("auto.create.topics.enable", "true");
        settings.put("default.replication.factor", replicas);
        settings.put("min.insync.replicas", minIsr);
        return config(settings);
    }

    private static List<Finding> judge(Set<Integer> down, Config brokers, TopicState... topics) {
        return judge(state(Set.of(1, 2, 3), down, brokers, topics));
    }

    private static List<Finding> judge(ClusterState cluster) {
        return ClusterRules.judge(cluster);
    }

    private static ClusterState state(Set<Integer> brokers, Set<Integer> down, Config config, TopicState... topics) {
        Map<String, TopicState> byName = new HashMap<>();
        List.of(topics).forEach(topic -> byName.put(topic.name(), topic));
        return new ClusterState(brokers, down, config, byName, Set.of(), Map.of(), Map.of());
    }

    private static Finding only(List<Finding> findings) {
        assertThat(findings).hasSize(1);
        return findings.get(0);
    }
}
