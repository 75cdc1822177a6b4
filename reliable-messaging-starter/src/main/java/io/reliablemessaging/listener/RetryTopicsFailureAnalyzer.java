package io.reliablemessaging.listener;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Says how retry topics for the host's own listeners can stay. */
final class RetryTopicsFailureAnalyzer extends AbstractFailureAnalyzer<RetryTopicsException> {

    @Override
    protected FailureAnalysis analyze(Throwable rootFailure, RetryTopicsException cause) {
        String topics = String.join(", ", cause.topics());
        return new FailureAnalysis(
                "Spring Kafka's retry topics are configured for @ReliableListener '%s' (topics: %s). They would move a failed message to another topic and commit its offset, past the inbox and its transaction."
                        .formatted(cause.listener(), topics),
                "Set 'spring.kafka.retry.topic.enabled=false': @ReliableListener has attempts and dead letters of its own"
                        + " ('reliable-messaging.listener.max-attempts'). For your other listeners use @RetryableTopic, or a"
                        + " RetryTopicConfiguration bean with excludeTopics for: %s.".formatted(topics),
                cause);
    }
}
