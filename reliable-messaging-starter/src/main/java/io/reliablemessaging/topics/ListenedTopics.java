package io.reliablemessaging.topics;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Knows which groups listen to which topics; listeners add themselves before the broker stage starts. */
public final class ListenedTopics {

    private final Set<Listened> all = ConcurrentHashMap.newKeySet();

    /**
     * A topic that a group listens to, and the dead-letter topic of both.
     *
     * @param group the consumer group
     * @param topic the topic
     * @param deadLetterTopic topic to which the group's dead letters of this topic go
     */
    public record Listened(String group, String topic, String deadLetterTopic) {}

    public void add(String group, String topic, String deadLetterTopic) {
        all.add(new Listened(group, topic, deadLetterTopic));
    }

    Set<Listened> all() {
        return Set.copyOf(all);
    }
}
