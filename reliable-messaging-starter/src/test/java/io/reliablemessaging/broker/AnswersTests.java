package io.reliablemessaging.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.internals.KafkaFutureImpl;
import org.junit.jupiter.api.Test;

/** What the cluster refuses is an answer; that it cannot be asked is none. */
class AnswersTests {

    @Test
    void whatIsGivenAndWhatIsRefusedAreApart() {
        TopicAuthorizationException reason = new TopicAuthorizationException("secret");
        Answers<String, Integer> answers =
                Answers.awaitAll(Map.of("orders", KafkaFuture.completedFuture(7), "secret", failed(reason)));
        assertThat(answers.given()).isEqualTo(Map.of("orders", 7));
        assertThat(answers.refused()).isEqualTo(Map.of("secret", reason));
    }

    @Test
    void anotherFailureOfTheClientEndsTheQuestion() {
        KafkaException closed = new KafkaException("closed");
        assertThatThrownBy(() -> Answers.awaitAll(Map.of("orders", failed(closed))))
                .isSameAs(closed);
        Exception checked = new Exception("checked");
        assertThatThrownBy(() -> Answers.await(failed(checked)))
                .isInstanceOf(KafkaException.class)
                .hasCause(checked);
    }

    @Test
    void whoIsInterruptedStaysSo() {
        Thread.currentThread().interrupt();
        assertThatThrownBy(() -> Answers.await(new KafkaFutureImpl<>())).isInstanceOf(KafkaException.class);
        assertThat(Thread.interrupted()).isTrue();
    }

    private static KafkaFuture<Integer> failed(Exception reason) {
        KafkaFutureImpl<Integer> future = new KafkaFutureImpl<>();
        future.completeExceptionally(reason);
        return future;
    }
}
