package io.reliablemessaging.broker;

import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Topics of this application.
 *
 * @param topics Topics to create if missing and to verify, by name
 */
@ConfigurationProperties("reliable-messaging")
record TopicsProperties(@DefaultValue Map<String, Topic> topics) {

    /**
     * A topic; what is left out is the safest that the cluster can hold.
     *
     * @param partitions Number of partitions; the cluster's default if left out
     * @param replicas Number of replicas; three, or as many as there are brokers
     * @param minIsr Replicas that must have a message before it counts as sent; a majority of the replicas
     * @param retention How long messages are kept; the cluster's default if left out
     */
    record Topic(
            @Nullable Integer partitions,
            @Nullable Integer replicas,
            @Nullable Integer minIsr,
            @Nullable Duration retention) {

        static final Topic SAFE = new Topic(null, null, null, null);

        Topic {
            requirePositive("partitions", partitions);
            requirePositive("replicas", replicas);
            requirePositive("min-isr", minIsr);
            if (minIsr != null && replicas != null && minIsr > replicas) {
                throw new IllegalArgumentException("min-isr %d is more than replicas %d: no message could ever be sent"
                        .formatted(minIsr, replicas));
            }
        }

        private static void requirePositive(String name, @Nullable Integer value) {
            if (value != null && value < 1) {
                throw new IllegalArgumentException("%s=%d: want at least 1".formatted(name, value));
            }
        }

        Topic withPartitions(int count) {
            return new Topic(count, replicas, minIsr, retention);
        }
    }
}
