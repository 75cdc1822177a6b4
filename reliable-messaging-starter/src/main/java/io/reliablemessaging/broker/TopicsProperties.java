package io.reliablemessaging.broker;

import io.reliablemessaging.ReliableTopic;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
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

    // a switch beside the topics; ProvisionProperties reads it
    private static final String SWITCH = "provision";

    TopicsProperties {
        topics = new TreeMap<>(topics);
        topics.remove(SWITCH, Topic.VALUE);
        topics.forEach((name, topic) -> {
            if (topic.equals(Topic.VALUE)) {
                throw new IllegalArgumentException(
                        "topics.%s is a single value: write its settings below it, such as partitions".formatted(name));
            }
        });
    }

    /**
     * A topic; what is left out is the safest that the cluster can hold.
     *
     * @param partitions Number of partitions; the cluster's default if left out
     * @param replicas Number of replicas; three, or as many as there are brokers
     * @param minIsr Replicas that must have a message before it counts as sent; a majority of the replicas
     * @param retention How long messages are kept; the cluster's default if left out
     * @param config Other settings, under Kafka's names
     */
    record Topic(
            @Nullable Integer partitions,
            @Nullable Integer replicas,
            @Nullable Integer minIsr,
            @Nullable Duration retention,
            @DefaultValue Map<String, String> config) {

        /** What a value is read as where settings should be. */
        static final Topic VALUE = new Topic(null, null, null, null, Map.of("", "a single value"));

        Topic {
            var unused = new ReliableTopic("", partitions, replicas, minIsr, retention, config); // validates
        }

        // Spring converts by these: without them, topics.provision=false would not bind, being no topic
        public static Topic of(Boolean value) {
            return VALUE;
        }

        public static Topic of(String value) {
            return value.isBlank() ? new Topic(null, null, null, null, Map.of()) : VALUE; // blank: "orders: {}" in YAML
        }

        /** That topic with what is set here in the place of its own. */
        ReliableTopic over(ReliableTopic topic) {
            Map<String, String> both = new HashMap<>(topic.config());
            both.putAll(config);
            return new ReliableTopic(
                    topic.name(),
                    partitions != null ? partitions : topic.partitions(),
                    replicas != null ? replicas : topic.replicas(),
                    minIsr != null ? minIsr : topic.minIsr(),
                    retention != null ? retention : topic.retention(),
                    both);
        }
    }
}
