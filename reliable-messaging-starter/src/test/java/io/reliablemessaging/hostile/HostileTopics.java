package io.reliablemessaging.hostile;

import io.reliablemessaging.support.HostApplication;
import io.reliablemessaging.support.KafkaTopic;
import io.reliablemessaging.test.SharedServers;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** Topics of one test, which take records of any time, and the application that reads them. */
final class HostileTopics {

    private final String run = "hostile-" + UUID.randomUUID();
    private final List<String> listeners;

    HostileTopics(List<String> listeners) {
        this.listeners = listeners;
    }

    String name(String listener) {
        return run + "-" + listener;
    }

    /** Creates the topics, and gives every message two attempts. */
    HostApplication host(Class<?> listening) {
        listeners.forEach(each -> KafkaTopic.create(
                SharedServers.kafka().bootstrapServers(),
                name(each),
                2,
                Map.of("message.timestamp.after.max.ms", Long.toString(Long.MAX_VALUE))));
        return HostApplication.onSharedServers(HostileHost.class)
                .and(listening)
                .with(
                        "spring.datasource.hikari.maximum-pool-size=16",
                        "test.run=" + run,
                        "reliable-messaging.listener.max-attempts=2",
                        "reliable-messaging.listener.backoff.initial-delay=10ms",
                        "reliable-messaging.listener.backoff.max-delay=20ms");
    }
}
