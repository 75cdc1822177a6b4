package io.reliablemessaging.topics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.support.KafkaTopic;
import io.reliablemessaging.test.SharedServers;
import io.reliablemessaging.topics.TopicLimits.Limit;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.SslAuthenticationException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.metrics.KafkaMetric;
import org.apache.kafka.common.metrics.MetricsReporter;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Questions about many topics open one admin client; the cluster tells how many there were by what each of them makes. */
class TopicLimitQuestionsIT {

    private static final AtomicInteger CLIENTS = new AtomicInteger();

    /** Each client makes one. */
    public static final class Counter implements MetricsReporter {

        @Override
        public void configure(Map<String, ?> configs) {}

        @Override
        public void init(List<KafkaMetric> metrics) {
            CLIENTS.incrementAndGet();
        }

        @Override
        public void metricChange(KafkaMetric metric) {}

        @Override
        public void metricRemoval(KafkaMetric metric) {}

        @Override
        public void close() {}
    }

    @BeforeEach
    void noClients() {
        CLIENTS.set(0);
    }

    @Test
    void manyQuestionsOpenOneClient() {
        String name = "limits-" + UUID.randomUUID();
        KafkaTopic.create(SharedServers.kafka().bootstrapServers(), name, 3, Map.of("max.message.bytes", "1500"));
        try (TopicLimitQuestions questions = questions(SharedServers.kafka().bootstrapServers())) {
            await().atMost(Duration.ofSeconds(60))
                    .until(() -> questions.apply(name).exists());
            for (int i = 0; i < 5; i++) {
                assertThat(questions.apply(name)).isEqualTo(new Limit(true, 3, 1500));
                assertThat(questions.apply("missing-" + i).exists()).isFalse();
            }
        }
        assertThat(CLIENTS).hasValue(1);
    }

    /** The brokers' names may lead elsewhere by then. */
    @Test
    void whereNobodyAnswersTheNextQuestionOpensAnother() {
        try (TopicLimitQuestions questions = questions("127.0.0.1:1")) {
            for (int i = 0; i < 2; i++) {
                Thread.currentThread().interrupt(); // it would take ten seconds
                assertThatThrownBy(() -> questions.apply("orders")).isInstanceOf(KafkaException.class);
            }
        } finally {
            boolean unused = Thread.interrupted();
        }
        assertThat(CLIENTS).hasValue(2);
    }

    @Test
    void aTimeOutIsNoAnswerAndARefusalIsOne() {
        assertThat(TopicLimitQuestions.isAnswer(new TimeoutException("no broker")))
                .isFalse();
        assertThat(TopicLimitQuestions.isAnswer(new SslAuthenticationException("expired")))
                .isFalse();
        assertThat(TopicLimitQuestions.isAnswer(new TopicAuthorizationException("orders")))
                .isTrue();
    }

    @Test
    void afterItIsClosedItOpensNone() {
        TopicLimitQuestions questions = questions(SharedServers.kafka().bootstrapServers());
        questions.close();
        assertThatThrownBy(() -> questions.apply("orders")).isInstanceOf(KafkaException.class);
        assertThat(CLIENTS).hasValue(0);
    }

    private static TopicLimitQuestions questions(String bootstrapServers) {
        return new TopicLimitQuestions(
                Map.of("bootstrap.servers", bootstrapServers, "metric.reporters", Counter.class.getName()));
    }
}
