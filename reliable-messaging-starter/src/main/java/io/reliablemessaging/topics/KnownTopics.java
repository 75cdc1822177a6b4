package io.reliablemessaging.topics;

import io.reliablemessaging.ReliableTopic;
import io.reliablemessaging.topics.ListenedTopics.Listened;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;

/** Knows the topics of this application: declared, listened to, published to, or created by the host. */
public final class KnownTopics {

    private final Map<String, ReliableTopic> declared;
    private final ListenedTopics listened;
    private final PublishedTopics published;
    private final Supplier<Set<String>> hosts;

    /**
     * Collects the topics.
     *
     * @param declared topics declared in properties or as beans
     * @param listened topics that are listened to, with their dead-letter topics
     * @param published topics that are published to
     * @param hosts topics declared as {@code NewTopic} beans, which Spring Kafka creates
     */
    public KnownTopics(
            Map<String, ReliableTopic> declared,
            ListenedTopics listened,
            PublishedTopics published,
            Supplier<Set<String>> hosts) {
        this.declared = declared;
        this.listened = listened;
        this.published = published;
        this.hosts = hosts;
    }

    /** Returns the topics that we create, without dead-letter topics: only a declared topic has a known shape. */
    Set<String> declared() {
        Set<String> names = new TreeSet<>(declared.keySet());
        names.removeAll(deadLetters().keySet());
        return names;
    }

    /** Tells whether a topic is listened to here but created elsewhere, most often by the application that sends to it. */
    boolean isOfOthers(String name) {
        return !declared.containsKey(name)
                && !hosts.get().contains(name)
                && listened.all().stream().anyMatch(each -> each.topic().equals(name));
    }

    /** Returns the dead-letter topics, which we create too, each with its source topic. */
    public Map<String, String> deadLetters() {
        Map<String, String> sources = new TreeMap<>();
        for (Listened each : listened.all()) {
            sources.put(each.deadLetterTopic(), each.topic());
        }
        return sources;
    }

    /** Returns all topics. */
    public Set<String> all() {
        Set<String> names = new TreeSet<>(declared.keySet());
        deadLetters().forEach((deadLetters, source) -> names.addAll(Set.of(deadLetters, source)));
        names.addAll(hosts.get());
        names.addAll(published.all());
        return names;
    }

    /** Tells whether this application sends to the topic, as far as is known. */
    boolean isSentTo(String name) {
        return declared.containsKey(name) || published.all().contains(name);
    }

    public Set<Listened> listened() {
        return listened.all();
    }

    /** Returns the declared settings of a topic. */
    ReliableTopic settings(String name) {
        return declared.getOrDefault(name, ReliableTopic.named(name));
    }
}
