package io.reliablemessaging.relay;

import io.reliablemessaging.reachability.Infrastructure;
import io.reliablemessaging.reachability.OutageSuspicion;
import io.reliablemessaging.text.LoggedFailure;
import io.reliablemessaging.text.ReadableLogger;
import io.reliablemessaging.wire.AccessRefusal;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.apache.kafka.common.errors.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/**
 * Topics that Kafka does not take records for just now: missing, not authorised, or with a record it refuses. All their
 * rows wait, in order, while the other topics flow; they are tried again after a growing delay, for ever. While no broker
 * answers at all, a topic is only left alone for a moment: nothing is wrong with it. Used by the threads that send.
 */
final class HeldTopics {

    private static final Logger log = ReadableLogger.of(HeldTopics.class);

    private static final String SILENT = "Kafka has acknowledged none of its messages for a while";

    private final Map<String, Held> topics = new ConcurrentHashMap<>();
    private final Infrastructure infrastructure;

    /**
     * A topic that waits.
     *
     * @param hold for how long
     * @param itself whether something is wrong with the topic itself
     * @param outage whether the cluster being away explains it
     * @param why what it waits for
     */
    private record Held(Hold hold, boolean itself, OutageSuspicion outage, String why) {}

    HeldTopics(Infrastructure infrastructure) {
        this.infrastructure = infrastructure;
    }

    /** Topics to leave alone for now. */
    Set<String> now() {
        return topics.entrySet().stream()
                .filter(topic -> topic.getValue().hold().isOn(System.nanoTime()))
                .map(Map.Entry::getKey)
                .collect(Collectors.toUnmodifiableSet());
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

    /** What a topic waits for; null if nothing is wrong with it. Asked by other threads, too. */
    @Nullable
    String why(String topic) {
        Held held = topics.get(topic);
        return held == null || !held.itself() ? null : held.why();
    }

    /** Topics that are held, and whose time has come to try again. */
    Set<String> ripe() {
        return topics.entrySet().stream()
                .filter(topic -> !topic.getValue().hold().isOn(System.nanoTime()))
                .map(Map.Entry::getKey)
                .collect(Collectors.toUnmodifiableSet());
    }

    synchronized void hold(String topic, Exception cause) {
        Held before = topics.get(topic);
        long now = System.nanoTime();
        String why = ClockDifference.explain(cause)
                .or(() -> AccessRefusal.of(cause))
                .orElseGet(() -> LoggedFailure.line(cause));
        OutageSuspicion outage = before == null ? new OutageSuspicion(infrastructure) : before.outage();
        if (before != null && before.itself()) {
            topics.put(topic, new Held(before.hold().again(now), true, outage, why));
            return;
        }
        boolean itself = !outage.note(cause);
        topics.put(topic, new Held(Hold.first(now), itself, outage, why));
        if (itself) {
            log.error(
                    "Messages to topic {} wait in the outbox: {}. Other topics go on. Fix the cause; they are tried"
                            + " again by themselves",
                    topic,
                    why);
        }
    }

    /**
     * Messages to it are in flight, and none was answered for long. It is left alone until one is: so no time is set.
     * Nothing is said before the cluster has answered a question since: if it is away, that explains it.
     */
    synchronized void silent(String topic) {
        Held before = topics.get(topic);
        if (before != null && before.itself()) {
            return;
        }
        OutageSuspicion outage = before == null ? new OutageSuspicion(infrastructure) : before.outage();
        boolean itself = !outage.note(new TimeoutException(SILENT));
        topics.put(topic, new Held(Hold.over(System.nanoTime()), itself, outage, SILENT));
        if (!itself) {
            return;
        }
        log.error(
                "Messages to topic {} wait: Kafka has acknowledged none of them for a while. A partition of it has no leader, or"
                        + " fewer replicas in sync than min.insync.replicas, or is slow. Other topics go on. Look at the brokers;"
                        + " the messages in flight are sent by themselves when it takes them",
                topic);
    }

    /** The topic has taken a record. */
    void taken(String topic) {
        if (!topics.isEmpty()) {
            forget(topic);
        }
    }

    private synchronized void forget(String topic) {
        Held held = topics.remove(topic);
        if (held != null && held.itself()) {
            log.info("Messages to topic {} flow again", topic);
        }
    }
}
