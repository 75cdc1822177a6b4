package io.reliablemessaging.relay;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TopicHoldTests {

    // the clock may pass its largest value
    private static final long NOW = Long.MAX_VALUE - Duration.ofMillis(500).toNanos();

    @Test
    void endsWhenItsDelayIsOver() {
        TopicHold topicHold = TopicHold.first(NOW);
        assertThat(topicHold.isOn(NOW)).isTrue();
        assertThat(topicHold.isOn(topicHold.until() - 1)).isTrue();
        assertThat(topicHold.isOn(topicHold.until())).isFalse();
        assertThat(topicHold.delay()).isEqualTo(Duration.ofSeconds(1));
    }

    @Test
    void growsWhenItWasInVain() {
        assertThat(IntStream.rangeClosed(1, 8)
                        .mapToObj(TopicHoldTests::afterFailures)
                        .map(topicHold -> topicHold.delay().toSeconds()))
                .containsExactly(1L, 2L, 4L, 8L, 16L, 30L, 30L, 30L);
    }

    @Test
    void aBatchThatFailsFailsOnce() {
        TopicHold topicHold = TopicHold.first(NOW);
        assertThat(topicHold.again(NOW).again(NOW + 1).again(NOW + 2)).isEqualTo(topicHold);
    }

    private static TopicHold afterFailures(int count) {
        TopicHold topicHold = TopicHold.first(NOW);
        for (int i = 1; i < count; i++) {
            topicHold = topicHold.again(topicHold.until());
        }
        return topicHold;
    }
}
