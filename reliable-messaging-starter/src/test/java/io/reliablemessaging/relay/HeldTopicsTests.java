package io.reliablemessaging.relay;

import static org.assertj.core.api.Assertions.assertThat;

import io.reliablemessaging.reachability.Infrastructure;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.junit.jupiter.api.Test;

/** A topic is held for what is wrong with it, not because the cluster may be away. */
class HeldTopicsTests {

    private final HeldTopics topics = new HeldTopics(Infrastructure.unwatched());

    @Test
    void whatTheClusterSaysOfATopicHoldsIt() {
        topics.hold("orders", new TopicAuthorizationException("orders"));
        assertThat(topics.heldTopics()).containsExactly("orders");
        topics.noteTaken("orders");
        assertThat(topics.heldTopics()).isEmpty();
    }

    @Test
    void aTopicThatWasSilentIsNotLeftAloneByTime() {
        topics.noteSilence("orders");
        assertThat(topics.heldTopics()).as("before the cluster has answered").isEmpty();
        assertThat(topics.pausedTopics()).isEmpty();
        assertThat(topics.topicsToRetry()).containsExactly("orders");
        topics.hold("orders", new TopicAuthorizationException("orders"));
        assertThat(topics.heldTopics()).containsExactly("orders");
        assertThat(topics.pausedTopics()).containsExactly("orders");
        assertThat(topics.topicsToRetry()).isEmpty();
        topics.noteTaken("orders");
        assertThat(topics.heldTopics()).isEmpty();
    }

    @Test
    void whileNobodyKnowsWhetherTheClusterAnswersATopicOnlyRests() {
        for (int i = 0; i < 20; i++) {
            topics.hold("orders", new TimeoutException("Topic orders not present in metadata after 2000 ms."));
        }
        assertThat(topics.heldTopics()).isEmpty();
        assertThat(topics.isPaused("orders")).isTrue(); // the other topics come first
    }
}
