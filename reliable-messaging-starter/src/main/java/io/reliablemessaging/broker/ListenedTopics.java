package io.reliablemessaging.broker;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Which groups of this application listen to which topics; listeners add themselves before the broker stage starts. */
public final class ListenedTopics {

    private final Set<Listened> all = ConcurrentHashMap.newKeySet();

    /**
     * A topic and its dead letters' topic.
     *
     * @param topic the topic
     * @param deadLetterTopic where a group's dead letters of that topic go
     */
    public record Listened(String topic, String deadLetterTopic) {}

    public void add(String topic, String deadLetterTopic) {
        all.add(new Listened(topic, deadLetterTopic));
    }

    Set<Listened> all() {
        return Set.copyOf(all);
    }
}
