package io.reliablemessaging;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A topic that the application declares as a bean. A missing topic is created; an existing one is checked and never
 * changed. A setting that is left out gets the safest value that the cluster allows. Settings of the same topic under {@code
 * reliable-messaging.topics} override these.
 *
 * @param name name of the topic
 * @param partitions number of partitions; the cluster's default if left out
 * @param replicas number of replicas; if left out, three, or as many as there are brokers
 * @param minIsr replicas that must have a message before it counts as sent; if left out, a majority of the replicas
 * @param retention how long messages are kept; the cluster's default if left out
 * @param config other settings, by Kafka's names
 */
public record ReliableTopic(
        String name,
        @Nullable Integer partitions,
        @Nullable Integer replicas,
        @Nullable Integer minIsr,
        @Nullable Duration retention,
        Map<String, String> config) {

    private static final Map<String, String> OWN_SETTING =
            Map.of("min.insync.replicas", "min-isr", "retention.ms", "retention");

    public ReliableTopic {
        requirePositive("partitions", partitions);
        requirePositive("replicas", replicas);
        requirePositive("min-isr", minIsr);
        if (minIsr != null && replicas != null && minIsr > replicas) {
            throw new IllegalArgumentException(
                    "min-isr %d is more than replicas %d: no message could ever be sent".formatted(minIsr, replicas));
        }
        for (Map.Entry<String, String> own : OWN_SETTING.entrySet()) {
            if (config.containsKey(own.getKey())) {
                throw new IllegalArgumentException(
                        "config sets %s: set %s instead".formatted(own.getKey(), own.getValue()));
            }
        }
        config = Map.copyOf(config);
    }

    /** Declares a topic with this name and the safest settings that the cluster allows. */
    public static ReliableTopic named(String name) {
        return new ReliableTopic(name, null, null, null, null, Map.of());
    }

    /** Returns this topic with so many partitions. */
    public ReliableTopic partitions(int count) {
        return new ReliableTopic(name, count, replicas, minIsr, retention, config);
    }

    /** Returns this topic with so many replicas. */
    public ReliableTopic replicas(int count) {
        return new ReliableTopic(name, partitions, count, minIsr, retention, config);
    }

    /** Returns this topic with another minimum of in-sync replicas: a message counts as sent when so many replicas have it. */
    public ReliableTopic minIsr(int count) {
        return new ReliableTopic(name, partitions, replicas, count, retention, config);
    }

    /** Returns this topic with another retention. */
    public ReliableTopic retention(Duration duration) {
        return new ReliableTopic(name, partitions, replicas, minIsr, duration, config);
    }

    /** Returns this topic with one more setting, by Kafka's name for it. */
    public ReliableTopic config(String setting, String value) {
        Map<String, String> more = new HashMap<>(config);
        more.put(setting, value);
        return new ReliableTopic(name, partitions, replicas, minIsr, retention, more);
    }

    private static void requirePositive(String setting, @Nullable Integer value) {
        if (value != null && value < 1) {
            throw new IllegalArgumentException("%s=%d: want at least 1".formatted(setting, value));
        }
    }
}
