package io.reliablemessaging.broker;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Which groups listen to which topics; listeners add themselves before the broker stage starts. */
public final class ListenedTopics {

    private final Set<Listened> all = ConcurrentHashMap.newKeySet();

    /**
     * A topic that a group listens to, and its dead letters' topic.
     *
     * @param group the consumer group
     * @param topic the topic
     * @param deadLetterTopic where the group's dead letters of that topic go
     */
    public record Listened(String group, String topic, String deadLetterTopic) {}

    public void add(String group, String topic, String deadLetterTopic) {
        all.add(new Listened(group, topic, deadLetterTopic));
    }

    Set<Listened> all() {
        return Set.copyOf(all);
    }
}
