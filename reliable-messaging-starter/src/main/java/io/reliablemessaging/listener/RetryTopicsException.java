package io.reliablemessaging.listener;

import java.util.Collection;
import java.util.List;

/** Spring Kafka's retry topics would take a reliable listener's messages past its inbox. */
final class RetryTopicsException extends RuntimeException {

    private final String listener;
    private final List<String> topics;

    RetryTopicsException(String listener, Collection<String> topics) {
        super("Retry topics are configured for @ReliableListener '%s' of topics %s".formatted(listener, topics));
        this.listener = listener;
        this.topics = List.copyOf(topics);
    }

    String listener() {
        return listener;
    }

    List<String> topics() {
        return topics;
    }
}
