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

    /** Those that are ours to create, without those of dead letters: whoever declares a topic knows its shape. */
    Set<String> declared() {
        Set<String> names = new TreeSet<>(declared.keySet());
        names.removeAll(deadLetters().keySet());
        return names;
    }

    /** Whether a topic is listened to here and shaped by somebody else, most often by whoever sends to it. */
    boolean isOfOthers(String name) {
        return !declared.containsKey(name)
                && !hosts.get().contains(name)
                && listened.all().stream().anyMatch(each -> each.topic().equals(name));
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
        Set<String> names = new TreeSet<>(declared.keySet());
        deadLetters().forEach((deadLetters, source) -> names.addAll(Set.of(deadLetters, source)));
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
