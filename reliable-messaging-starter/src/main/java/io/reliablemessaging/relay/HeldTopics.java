package io.reliablemessaging.relay;

import io.reliablemessaging.producer.ClockDifference;
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
 * Records the topics that Kafka takes no records for: missing, not authorised, or with a refused record. All their rows
 * wait, in order, while other topics are sent; a topic is retried after a growing delay, for ever. While no broker
 * answers at all, a topic is only paused for a moment: nothing is wrong with it. Used by the threads that send.
 */
final class HeldTopics {

    private static final Logger log = ReadableLogger.of(HeldTopics.class);

    private static final String SILENCE = "Kafka has acknowledged none of its messages for a while";

    private final Map<String, Held> topics = new ConcurrentHashMap<>();
    private final Infrastructure infrastructure;

    /**
     * A topic whose rows wait.
     *
     * @param hold for how long it is paused
     * @param topicToBlame whether something is wrong with the topic itself
     * @param outage whether the cluster being away explains it
     * @param why the reason
     */
    private record Held(TopicHold hold, boolean topicToBlame, OutageSuspicion outage, String why) {}

    HeldTopics(Infrastructure infrastructure) {
        this.infrastructure = infrastructure;
    }

    /** Returns the topics to send nothing to for now. */
    Set<String> pausedTopics() {
        return topics.entrySet().stream()
                .filter(topic -> topic.getValue().hold().isOn(System.nanoTime()))
                .map(Map.Entry::getKey)
                .collect(Collectors.toUnmodifiableSet());
    }

    /**
     * Returns the held topics: something is wrong with them, and they have taken no record since. Called by other
     * threads, too.
     */
    Set<String> heldTopics() {
        return topics.entrySet().stream()
                .filter(topic -> topic.getValue().topicToBlame())
                .map(Map.Entry::getKey)
                .collect(Collectors.toUnmodifiableSet());
    }

    boolean isPaused(String topic) {
        Held held = topics.get(topic);
        return held != null && held.hold().isOn(System.nanoTime());
    }

    /** Returns why a topic is held; null if it is not. Called by other threads, too. */
    @Nullable
    String whyHeld(String topic) {
        Held held = topics.get(topic);
        return held == null || !held.topicToBlame() ? null : held.why();
    }

    /** Returns the topics whose pause is over, so that they are due for a retry. */
    Set<String> topicsToRetry() {
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
        if (before != null && before.topicToBlame()) {
            topics.put(topic, new Held(before.hold().again(now), true, outage, why));
            return;
        }
        boolean topicToBlame = !outage.note(cause);
        topics.put(topic, new Held(TopicHold.first(now), topicToBlame, outage, why));
        if (topicToBlame) {
            log.error(
                    "Topic {} is held, and its messages wait in the outbox: {}. Other topics are sent. Fix the cause;"
                            + " the relay retries by itself",
                    topic,
                    why);
        }
    }

    /**
     * Notes that no message in flight to a topic was acknowledged for long. The topic is paused until one is, so no
     * time is set. Nothing is logged before the cluster has answered a request since: an outage would explain the
     * silence.
     */
    synchronized void noteSilence(String topic) {
        Held before = topics.get(topic);
        if (before != null && before.topicToBlame()) {
            return;
        }
        OutageSuspicion outage = before == null ? new OutageSuspicion(infrastructure) : before.outage();
        boolean topicToBlame = !outage.note(new TimeoutException(SILENCE));
        topics.put(topic, new Held(TopicHold.over(System.nanoTime()), topicToBlame, outage, SILENCE));
        if (!topicToBlame) {
            return;
        }
        log.error(
                "Topic {} is held: Kafka has acknowledged none of its messages for a while. One of its partitions has no leader,"
                        + " or fewer in-sync replicas than min.insync.replicas, or is slow. Other topics are sent. Check the"
                        + " brokers; the relay goes on when the topic takes records",
                topic);
    }

    /** Notes that a topic has taken a record, so that it is no longer held. */
    void noteTaken(String topic) {
        if (!topics.isEmpty()) {
            forget(topic);
        }
    }

    private synchronized void forget(String topic) {
        Held held = topics.remove(topic);
        if (held != null && held.topicToBlame()) {
            log.info("Topic {} takes records again and is no longer held", topic);
        }
    }
}
