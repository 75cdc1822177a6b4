package io.reliablemessaging.topics;

import static io.reliablemessaging.topics.FoundTopics.node;
import static io.reliablemessaging.topics.FoundTopics.nodes;
import static io.reliablemessaging.topics.FoundTopics.partition;
import static io.reliablemessaging.topics.FoundTopics.topic;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What a topic's description says about it. */
class TopicStateTests {

    @Test
    void theLeastReplicatedPartitionCounts() {
        TopicState topic = topic(
                "orders",
                List.of(
                        partition(0, node(1), nodes(1, 2, 3), nodes(1, 2, 3)),
                        partition(1, node(1), nodes(1, 2), nodes(1, 2))),
                Map.of());
        assertThat(topic.replicas()).isEqualTo(2);
        assertThat(topic.partitions()).isEqualTo(2);
    }

    @Test
    void onlyATopicThatDeletesAndSaysWhenKeepsMessagesForAWhile() {
        assertThat(retention(Map.of("retention.ms", "1000"))).isEqualTo(1000);
        assertThat(retention(Map.of("retention.ms", "-1"))).isEqualTo(Long.MAX_VALUE);
        assertThat(retention(Map.of())).isEqualTo(Long.MAX_VALUE);
        assertThat(retention(Map.of("retention.ms", "1000", "cleanup.policy", "compact")))
                .isEqualTo(Long.MAX_VALUE);
        assertThat(retention(Map.of("retention.ms", "1000", "cleanup.policy", "compact,delete")))
                .isEqualTo(1000);
    }

    @Test
    void whereNothingIsKnownKafkasOwnSettingsAreAssumed() {
        TopicState hidden = new TopicState(topic("orders", 1, 1, Map.of()).description(), null);
        assertThat(hidden.minIsr()).isEqualTo(1);
        assertThat(hidden.maxMessageBytes()).isEqualTo(1_048_588);
        assertThat(hidden.retentionMillis()).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void partitionsAreNamedForAPerson() {
        TopicState topic = topic("orders", 12, 1, Map.of());
        assertThat(topic.partitionsThat(each -> false)).isEmpty();
        assertThat(topic.partitionsThat(each -> each.partition() == 7)).isEqualTo("partition 7");
        assertThat(topic.partitionsThat(each -> each.partition() < 2)).isEqualTo("partitions 0, 1");
        assertThat(topic.partitionsThat(each -> each.partition() < 10))
                .isEqualTo("partitions 0, 1, 2, 3, 4, 5, 6, 7, 8, 9");
        assertThat(topic.partitionsThat(each -> each.partition() < 11)).endsWith("8, 9 and others");
        assertThat(topic.partitionsThat(each -> true)).isEqualTo("all partitions");
        assertThat(topic("orders", 1, 1, Map.of()).partitionsThat(each -> true)).isEqualTo("partition 0");
    }

    @Test
    void aReplicaOnABrokerThatIsDownIsNotInSync() {
        assertThat(TopicState.inSync(
                        partition(0, node(1), nodes(1, 2, 3), nodes(1, 2)),
                        broker -> Set.of(1, 3).contains(broker.id())))
                .isEqualTo(1);
    }

    private static long retention(Map<String, String> settings) {
        return topic("orders", 1, 1, settings).retentionMillis();
    }
}
