package io.reliablemessaging.broker;

import static io.reliablemessaging.topics.FoundTopics.config;
import static io.reliablemessaging.topics.FoundTopics.node;
import static io.reliablemessaging.topics.FoundTopics.nodes;
import static io.reliablemessaging.topics.FoundTopics.partition;
import static io.reliablemessaging.topics.FoundTopics.topic;
import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import io.reliablemessaging.Finding;
import io.reliablemessaging.topics.ClusterAdmin;
import io.reliablemessaging.topics.ClusterAnswers;
import io.reliablemessaging.topics.ClusterState;
import io.reliablemessaging.topics.ListenedTopics.Listened;
import io.reliablemessaging.topics.TopicState;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.GroupAuthorizationException;
import org.apache.kafka.common.errors.TimeoutException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Whether groups find again where they were, and whether something was removed before they read it. */
class ConsumerRulesTests {

    private static final TopicPartition PARTITION = new TopicPartition("orders", 0);
    private static final Config KEEPS_OFFSETS = config(Map.of("offsets.retention.minutes", "10080"));
    private static final String WEEK = Long.toString(Duration.ofDays(7).toMillis());

    private final ClusterAdmin cluster = mock(ClusterAdmin.class);
    private final Map<String, Map<TopicPartition, OffsetAndMetadata>> committed = new HashMap<>();
    private final Map<String, ApiException> refused = new HashMap<>();
    private final Map<TopicPartition, ListOffsetsResultInfo> starts = new HashMap<>();
    private TopicState orders = topic("orders", 1, 3, Map.of("retention.ms", WEEK));
    private Config brokers = KEEPS_OFFSETS;

    @BeforeEach
    void answers() {
        offsetsTopic(3);
        when(cluster.committed(any())).thenReturn(new ClusterAnswers<>(committed, refused));
        when(cluster.earliest(any())).thenReturn(new ClusterAnswers<>(starts, Map.of()));
    }

    @Test
    void aGroupThatIsBehindButHasEverythingIsNoFinding() {
        committed(100);
        start(100);
        assertThat(judge()).isEmpty();
    }

    @Test
    void whatWasRemovedUnreadIsTold() {
        committed(99);
        start(100);
        Finding removed = only();
        assertThat(removed.where()).isEqualTo("group shipping in partition 0 of topic orders");
        assertThat(removed.actual()).isEqualTo("has read up to offset 99, but the topic begins at 100");
    }

    @Test
    void positionsInTopicsThatAreNotListenedToSayNothing() {
        committed.put("shipping", Map.of(new TopicPartition("former", 0), new OffsetAndMetadata(1)));
        starts.put(new TopicPartition("former", 0), new ListOffsetsResultInfo(100, 0, Optional.empty()));
        assertThat(judge()).isEmpty();
    }

    @Test
    void aPartitionThatNobodyLeadsIsNotAskedFor() {
        orders = topic("orders", List.of(partition(0, null, nodes(1, 2, 3), nodes(1))), Map.of("retention.ms", WEEK));
        committed(99);
        judge();
        verify(cluster).earliest(Set.of());
        orders =
                topic("orders", List.of(partition(0, node(9), nodes(1, 2, 3), nodes(1))), Map.of("retention.ms", WEEK));
        assertThat(judge()).as("led by a broker that is down").isEmpty();
    }

    @Test
    void aGroupThatMayNotBeSeenIsAFindingAndOneThatIsNotAnsweredIsNone() {
        refused.put("shipping", new GroupAuthorizationException("shipping"));
        assertThat(only().where()).isEqualTo("offsets of group shipping");
        refused.put("shipping", new TimeoutException("no coordinator"));
        assertThat(judge()).isEmpty();
    }

    @Test
    void offsetsAreToBeKeptAsLongAsMessages() {
        orders = topic(
                "orders",
                1,
                3,
                Map.of("retention.ms", Long.toString(Duration.ofDays(7).toMillis() + 1)));
        assertThat(only().where()).isEqualTo("offsets.retention.minutes of the brokers, for topic orders");
        orders = topic("orders", 1, 3, Map.of("retention.ms", "-1"));
        assertThat(only().required()).contains("for ever");
        brokers = null;
        assertThat(judge()).as("nothing is known").isEmpty();
    }

    @Test
    void theTopicOfOffsetsNeedsAsManyReplicasAsOthers() {
        offsetsTopic(1);
        assertThat(only().where()).isEqualTo("replicas of topic __consumer_offsets");
    }

    private void offsetsTopic(int replicas) {
        when(cluster.describe(List.of("__consumer_offsets")))
                .thenReturn(new ClusterAnswers<>(
                        Map.of(
                                "__consumer_offsets",
                                topic("__consumer_offsets", 1, replicas, Map.of())
                                        .description()),
                        Map.of()));
    }

    private void committed(long offset) {
        committed.put("shipping", Map.of(PARTITION, new OffsetAndMetadata(offset)));
    }

    private void start(long offset) {
        starts.put(PARTITION, new ListOffsetsResultInfo(offset, 0, Optional.empty()));
    }

    private List<Finding> judge() {
        ClusterState state = new ClusterState(
                Set.of(1, 2, 3), Set.of(), brokers, Map.of("orders", orders), Set.of(), Map.of(), Map.of());
        return ConsumerRules.judge(state, cluster, Set.of(new Listened("shipping", "orders", "orders.dead")));
    }

    private Finding only() {
        List<Finding> findings = judge();
        assertThat(findings).hasSize(1);
        return findings.get(0);
    }
}
