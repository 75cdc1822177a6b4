package io.reliablemessaging.listener;

import io.reliablemessaging.settings.StartupRefusal;
import java.util.Collection;

/**
 * Thrown when Spring Kafka's retry topics are configured for a reliable listener: they would move its messages past the
 * inbox.
 */
final class RetryTopicsException extends StartupRefusal {

    RetryTopicsException(String listener, Collection<String> topics) {
        super(
                "Spring Kafka's retry topics are configured for @ReliableListener '%s' (topics: %s). They would move a failed message to another topic and commit its offset, past the inbox and its transaction"
                        .formatted(listener, String.join(", ", topics)),
                "Set 'spring.kafka.retry.topic.enabled=false': @ReliableListener has attempts and dead letters of its own"
                        + " ('reliable-messaging.listener.max-attempts'). For your other listeners use @RetryableTopic, or a"
                        + " RetryTopicConfiguration bean with excludeTopics for: %s"
                                .formatted(String.join(", ", topics)));
    }
}
