package io.reliablemessaging.relay;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Topics that Kafka does not take records for just now: missing, not authorised, or with a record it refuses. All their
 * rows wait, in order, while the other topics flow; they are tried again after a growing delay, for ever.
 */
final class HeldTopics {

    private static final Logger log = LoggerFactory.getLogger(HeldTopics.class);

    private final Map<String, Hold> holds = new ConcurrentHashMap<>();

    /** Topics to leave alone for now. */
    List<String> now() {
        return holds.entrySet().stream()
                .filter(hold -> hold.getValue().isOn(System.nanoTime()))
                .map(Map.Entry::getKey)
                .toList();
    }

    /** Topics that have taken no record since they were held. Asked by other threads, too. */
    Set<String> all() {
        return Set.copyOf(holds.keySet());
    }

    boolean contains(String topic) {
        Hold hold = holds.get(topic);
        return hold != null && hold.isOn(System.nanoTime());
    }

    void hold(String topic, Exception cause) {
        Hold before = holds.get(topic);
        long now = System.nanoTime();
        holds.put(topic, before == null ? Hold.first(now) : before.again(now));
        if (before == null) {
            log.error(
                    "Messages to topic {} wait in the outbox: {}: {}. Other topics go on. Fix the cause; they are tried"
                            + " again by themselves",
                    topic,
                    cause.getClass().getName(),
                    cause.getMessage());
        }
    }

    /** The topic has taken a record. */
    void taken(String topic) {
        if (!holds.isEmpty() && holds.remove(topic) != null) {
            log.info("Messages to topic {} flow again", topic);
        }
    }
}
