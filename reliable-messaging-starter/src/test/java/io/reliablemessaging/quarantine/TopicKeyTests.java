package io.reliablemessaging.quarantine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import org.junit.jupiter.api.Test;

/** Two messages are kept in order if topic and key bytes are the same. */
class TopicKeyTests {

    @Test
    void bytesCountAndNotTheArray() {
        assertThat(TopicKey.of("orders", new byte[] {1, 2}))
                .isEqualTo(TopicKey.of("orders", new byte[] {1, 2}))
                .hasSameHashCodeAs(TopicKey.of("orders", new byte[] {1, 2}));
    }

    @Test
    void anotherTopicOrAnotherKeyIsAnother() {
        TopicKey key = TopicKey.of("orders", new byte[] {1, 2});
        assertThat(Set.of(
                        key,
                        TopicKey.of("payments", new byte[] {1, 2}),
                        TopicKey.of("orders", new byte[] {1}),
                        TopicKey.of("orders", new byte[] {1, 2, 0}),
                        TopicKey.of("orders", new byte[0])))
                .hasSize(5);
    }
}
