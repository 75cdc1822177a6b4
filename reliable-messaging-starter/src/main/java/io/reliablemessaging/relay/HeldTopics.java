package io.reliablemessaging.relay;

import io.reliablemessaging.reachability.Infrastructure;
import io.reliablemessaging.reachability.OutageSuspicion;
import io.reliablemessaging.text.LoggedFailure;
import io.reliablemessaging.text.ReadableLogger;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.slf4j.Logger;

/**
 * Topics that Kafka does not take records for just now: missing, not authorised, or with a record it refuses. All their
 * rows wait, in order, while the other topics flow; they are tried again after a growing delay, for ever. While no broker
 * answers at all, a topic is only left alone for a moment: nothing is wrong with it.
 */
final class HeldTopics {

    private static final Logger log = ReadableLogger.of(HeldTopics.class);

    private final Map<String, Held> topics = new ConcurrentHashMap<>();
    private final Infrastructure infrastructure;

    /**
     * A topic that waits.
     *
     * @param hold for how long
     * @param itself whether something is wrong with the topic itself
     * @param outage whether the cluster being away explains it
     */
    private record Held(Hold hold, boolean itself, OutageSuspicion outage) {}

    HeldTopics(Infrastructure infrastructure) {
        this.infrastructure = infrastructure;
    }

    /** Topics to leave alone for now. */
    List<String> now() {
        return topics.entrySet().stream()
                .filter(topic -> topic.getValue().hold().isOn(System.nanoTime()))
                .map(Map.Entry::getKey)
                .toList();
    }

    /** Topics that have taken no record since they were held. Asked by other threads, too. */
    Set<String> all() {
        return topics.entrySet().stream()
                .filter(topic -> topic.getValue().itself())
                .map(Map.Entry::getKey)
                .collect(Collectors.toUnmodifiableSet());
    }

    boolean contains(String topic) {
        Held held = topics.get(topic);
        return held != null && held.hold().isOn(System.nanoTime());
    }

    void hold(String topic, Exception cause) {
        Held before = topics.get(topic);
        long now = System.nanoTime();
        OutageSuspicion outage = before == null ? new OutageSuspicion(infrastructure) : before.outage();
        if (before != null && before.itself()) {
            topics.put(topic, new Held(before.hold().again(now), true, outage));
            return;
        }
        boolean itself = !outage.note(cause);
        topics.put(topic, new Held(Hold.first(now), itself, outage));
        if (itself) {
            log.error(
                    "Messages to topic {} wait in the outbox: {}. Other topics go on. Fix the cause; they are tried"
                            + " again by themselves",
                    topic,
                    LoggedFailure.line(cause));
        }
    }

    /** The topic has taken a record. */
    void taken(String topic) {
        if (!topics.isEmpty()) {
            Held held = topics.remove(topic);
            if (held != null && held.itself()) {
                log.info("Messages to topic {} flow again", topic);
            }
        }
    }
}
