package io.reliablemessaging.topics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.internals.KafkaFutureImpl;
import org.junit.jupiter.api.Test;

/** What the cluster refuses is an answer; that it cannot be asked is none. */
class ClusterAnswersTests {

    @Test
    void whatIsGivenAndWhatIsRefusedAreApart() {
        TopicAuthorizationException reason = new TopicAuthorizationException("secret");
        ClusterAnswers<String, Integer> clusterAnswers =
                ClusterAnswers.awaitAll(Map.of("orders", KafkaFuture.completedFuture(7), "secret", failed(reason)));
        assertThat(clusterAnswers.given()).isEqualTo(Map.of("orders", 7));
        assertThat(clusterAnswers.refused()).isEqualTo(Map.of("secret", reason));
    }

    @Test
    void anotherFailureOfTheClientEndsTheQuestion() {
        KafkaException closed = new KafkaException("closed");
        assertThatThrownBy(() -> ClusterAnswers.awaitAll(Map.of("orders", failed(closed))))
                .isSameAs(closed);
        Exception checked = new Exception("checked");
        assertThatThrownBy(() -> ClusterAnswers.await(failed(checked)))
                .isInstanceOf(KafkaException.class)
                .hasCause(checked);
    }

    @Test
    void whoIsInterruptedStaysSo() {
        Thread.currentThread().interrupt();
        assertThatThrownBy(() -> ClusterAnswers.await(new KafkaFutureImpl<>())).isInstanceOf(KafkaException.class);
        assertThat(Thread.interrupted()).isTrue();
    }

    private static KafkaFuture<Integer> failed(Exception reason) {
        KafkaFutureImpl<Integer> future = new KafkaFutureImpl<>();
        future.completeExceptionally(reason);
        return future;
    }
}
