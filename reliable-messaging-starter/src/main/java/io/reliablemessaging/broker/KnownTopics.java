package io.reliablemessaging.broker;

import io.reliablemessaging.ReliableTopic;
import io.reliablemessaging.broker.ListenedTopics.Listened;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;

/** The topics of this application, however it has made them known. */
final class KnownTopics {

    private final Map<String, ReliableTopic> declared;
    private final ListenedTopics listened;
    private final PublishedTopics published;
    private final Supplier<Set<String>> hosts;

    /**
     * Gathers topics.
     *
     * @param declared in properties or as beans
     * @param listened with their dead letters
     * @param published sent to
     * @param hosts declared for Spring Kafka, which creates them
     */
    KnownTopics(
            Map<String, ReliableTopic> declared,
            ListenedTopics listened,
            PublishedTopics published,
            Supplier<Set<String>> hosts) {
        this.declared = declared;
        this.listened = listened;
        this.published = published;
        this.hosts = hosts;
    }

    /** Those that are ours to create: where messages go to and come from. */
    Set<String> live() {
        Set<String> names = new TreeSet<>();
        listened.all().forEach(each -> names.add(each.topic()));
        names.removeAll(hosts.get());
        names.addAll(declared.keySet());
        names.removeAll(deadLetters().keySet());
        return names;
    }

    /** Those of dead letters, ours to create too, each with the topic whose they are. */
    Map<String, String> deadLetters() {
        Map<String, String> sources = new TreeMap<>();
        for (Listened each : listened.all()) {
            sources.put(each.deadLetterTopic(), each.topic());
        }
        return sources;
    }

    /** All. */
    Set<String> all() {
        Set<String> names = new TreeSet<>(live());
        names.addAll(deadLetters().keySet());
        names.addAll(hosts.get());
        names.addAll(published.all());
        return names;
    }

    /** Whether this application sends to it, as far as we know. */
    boolean isSentTo(String name) {
        return declared.containsKey(name) || published.all().contains(name);
    }

    Set<Listened> listened() {
        return listened.all();
    }

    /** What was declared of a topic. */
    ReliableTopic settings(String name) {
        return declared.getOrDefault(name, ReliableTopic.named(name));
    }
}
