package io.reliablemessaging.topics;

import static io.reliablemessaging.topics.FoundTopics.config;
import static io.reliablemessaging.topics.FoundTopics.node;
import static io.reliablemessaging.topics.FoundTopics.nodes;
import static io.reliablemessaging.topics.FoundTopics.topic;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.ClusterAuthorizationException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.LeaderNotAvailableException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What follows from what a cluster answers, and refuses to. */
class ClusterStateTests {

    private final ClusterAdmin cluster = mock(ClusterAdmin.class);
    private final Map<Integer, Config> brokers = new HashMap<>(Map.of(1, config(Map.of("a", "b"))));
    private final Map<Integer, ApiException> silent = new HashMap<>();
    private final Map<String, TopicDescription> topics = new HashMap<>();
    private final Map<String, ApiException> refused = new HashMap<>();
    private final Map<String, Config> configs = new HashMap<>();
    private final Map<String, ApiException> hiddenConfigs = new HashMap<>();

    @BeforeEach
    void answers() {
        when(cluster.brokers()).thenReturn(nodes(1, 2));
        when(cluster.brokerConfigs(any())).thenReturn(new ClusterAnswers<>(brokers, silent));
        when(cluster.describe(any())).thenReturn(new ClusterAnswers<>(topics, refused));
        when(cluster.topicConfigs(any())).thenReturn(new ClusterAnswers<>(configs, hiddenConfigs));
    }

    @Test
    void aBrokerIsDownIfItIsFencedOrSilentAndNotIfItOnlyRefuses() {
        when(cluster.brokers())
                .thenReturn(List.of(node(1), node(2), node(3), new Node(4, "broker-4", 9092, null, true)));
        silent.put(2, new TimeoutException("no answer"));
        silent.put(3, new ClusterAuthorizationException("not yours"));
        ClusterState state = read(Set.of());
        assertThat(state.brokers()).containsExactly(1, 2, 3, 4);
        assertThat(state.down()).containsExactly(2, 4);
        assertThat(state.isUp(node(1))).isTrue();
        assertThat(state.isUp(node(2))).isFalse();
        assertThat(state.isUp(node(7))).as("one that nobody knows").isFalse();
        assertThat(state.isSingle()).isFalse();
    }

    @Test
    void namesAreMissingHiddenOrImpossible() {
        refused.put("gone", new UnknownTopicOrPartitionException("gone"));
        refused.put("secret", new TopicAuthorizationException("secret"));
        refused.put("not a name", new InvalidTopicException("illegal character"));
        ClusterState state = read(Set.of());
        assertThat(state.missing()).containsExactly("gone");
        assertThat(state.hidden()).containsOnlyKeys("secret");
        assertThat(state.impossible()).isEqualTo(Map.of("not a name", "illegal character"));
        assertThat(state.topics()).isEmpty();
    }

    @Test
    void aTopicWhoseSettingsAreHiddenIsThereAndHidden() {
        topics.put("orders", topic("orders", 1, 1, Map.of()).description());
        hiddenConfigs.put("orders", new TopicAuthorizationException("orders"));
        ClusterState state = read(Set.of());
        assertThat(state.find(List.of("orders", "unknown"))).hasSize(1);
        assertThat(state.find(List.of("orders")).get(0).config()).isNull();
        assertThat(state.hidden()).containsOnlyKeys("orders");
    }

    /** Not every broker knows of a topic that was made just now. */
    @Test
    void aTopicThatIsFreshIsNotMissing() {
        refused.put("fresh", new UnknownTopicOrPartitionException("fresh"));
        topics.put("half", topic("half", 1, 1, Map.of()).description());
        hiddenConfigs.put("half", new UnknownTopicOrPartitionException("half"));
        ClusterState state = read(Set.of("fresh", "half"));
        assertThat(state.missing()).isEmpty();
        assertThat(state.hidden()).isEmpty();
    }

    @Test
    void aClusterThatGoesAwayMeanwhileHasNoState() {
        refused.put("orders", new LeaderNotAvailableException("orders"));
        assertThatThrownBy(() -> read(Set.of())).isInstanceOf(LeaderNotAvailableException.class);
    }

    @Test
    void whereNoBrokerShowsItsSettingsNoneAreKnown() {
        assertThat(read(Set.of()).brokerConfig()).isNotNull();
        brokers.clear();
        assertThat(read(Set.of()).brokerConfig()).isNull();
    }

    private ClusterState read(Set<String> fresh) {
        return ClusterState.read(cluster, Set.of(), fresh);
    }
}
