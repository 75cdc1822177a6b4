package io.reliablemessaging.topics;

import io.reliablemessaging.ReliableTopic;
import io.reliablemessaging.settings.IllegalSettingException;
import io.reliablemessaging.settings.SettingBounds;
import io.reliablemessaging.settings.StartupRefusal;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Settings of this application's topics.
 *
 * @param topics Topics to create if missing and to verify, by name; a name with dots goes in brackets, such as topics[orders.placed].partitions
 */
@ConfigurationProperties("reliable-messaging")
public record TopicsProperties(@DefaultValue Map<String, Topic> topics) {

    private static final Pattern LEGAL_NAME = Pattern.compile("[a-zA-Z0-9._-]{1,249}");
    private static final int MOST_PARTITIONS = 100_000;
    private static final int MOST_REPLICAS = 100;

    // a switch among the topics; ProvisionProperties reads it
    private static final String SWITCH = "provision";

    public TopicsProperties {
        topics = new TreeMap<>(topics);
        topics.remove(SWITCH, Topic.VALUE);
        topics.forEach((name, topic) -> {
            String setting = "reliable-messaging.topics[%s]".formatted(name);
            if (!LEGAL_NAME.matcher(name).matches()) {
                throw new StartupRefusal(
                        "%s: '%s' is not the name of a topic".formatted(setting, name),
                        "Kafka allows 1 to 249 of a-z, A-Z, 0-9, '.', '_' and '-'");
            }
            topic.require(setting);
        });
    }

    /**
     * Settings of one topic; a setting that is left out gets the safest value that the cluster allows.
     *
     * @param partitions Number of partitions; the cluster's default if left out
     * @param replicas Number of replicas; three, or as many as there are brokers
     * @param minIsr Replicas that must have a message before it counts as sent; a majority of the replicas
     * @param retention How long messages are kept; the cluster's default if left out
     * @param config Other settings, under Kafka's names
     */
    public record Topic(
            @Nullable Integer partitions,
            @Nullable Integer replicas,
            @Nullable Integer minIsr,
            @Nullable Duration retention,
            @DefaultValue Map<String, String> config) {

        /** Stands for a single value where the settings of a topic were expected. */
        static final Topic VALUE = new Topic(null, null, null, null, Map.of("", "a single value"));

        private void require(String topic) {
            if (equals(VALUE)) {
                throw new IllegalSettingException(
                        topic,
                        "...",
                        "is a single value",
                        "Write the topic's settings below it, such as partitions: 3");
            }
            SettingBounds.require(topic + ".partitions", partitions, 1, MOST_PARTITIONS);
            SettingBounds.require(topic + ".replicas", replicas, 1, MOST_REPLICAS);
            SettingBounds.require(topic + ".min-isr", minIsr, 1, MOST_REPLICAS);
            SettingBounds.require(topic + ".retention", retention, Duration.ofSeconds(1), SettingBounds.LONGEST);
            try {
                var unused = over(ReliableTopic.named("")); // it has rules of its own
            } catch (IllegalArgumentException e) {
                throw new StartupRefusal(
                        "%s: %s".formatted(topic, e.getMessage()), "Correct the settings of the topic", e);
            }
        }

        // Spring converts with these methods: without them
        // topics.provision=false would not bind, because it is no topic
        public static Topic of(Boolean value) {
            return VALUE;
        }

        public static Topic of(String value) {
            return value.isBlank() ? new Topic(null, null, null, null, Map.of()) : VALUE; // blank: "orders: {}" in YAML
        }

        /** Returns the given topic, with the settings made here in place of its own. */
        public ReliableTopic over(ReliableTopic topic) {
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
