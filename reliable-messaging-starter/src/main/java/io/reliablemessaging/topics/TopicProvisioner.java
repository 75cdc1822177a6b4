package io.reliablemessaging.topics;

import io.reliablemessaging.ReliableTopic;
import io.reliablemessaging.text.ReadableLogger;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.slf4j.Logger;

/** Creates missing topics with the safest settings that the cluster allows. Never changes existing topics. */
public final class TopicProvisioner {

    private static final Logger log = ReadableLogger.of(TopicProvisioner.class);

    // a dead letter is its message plus headers that describe the failure
    private static final int ROOM_FOR_HEADERS = 64 * 1024;

    private final KnownTopics topics;
    private final Duration redriveWindow;

    public TopicProvisioner(KnownTopics topics, Duration redriveWindow) {
        this.topics = topics;
        this.redriveWindow = redriveWindow;
    }

    /** Tells whether there is no topic to create or check. */
    boolean isIdle() {
        return topics.declared().isEmpty() && topics.deadLetters().isEmpty();
    }

    /** Returns how many topics were created or checked: dead-letter topics count once their source topic exists. */
    int count(Set<String> awaited) {
        long deadLetters = topics.deadLetters().values().stream()
                .filter(source -> !awaited.contains(source))
                .count();
        return topics.declared().size() + (int) deadLetters;
    }

    /** Describes the topics in a few words. */
    String known() {
        return "%d declared, %d for dead letters"
                .formatted(topics.declared().size(), topics.deadLetters().size());
    }

    /**
     * Creates missing topics. A topic that cannot be created does not affect the others.
     *
     * @return the outcome
     */
    Outcome provision(ClusterAdmin cluster) {
        Run run = new Run(cluster, cluster.brokers().size());
        run.createMissing(topics.declared());
        run.createDeadLetters(topics.deadLetters());
        return new Outcome(run.created, run.refused, run.awaited);
    }

    /**
     * The outcome of an attempt to create topics.
     *
     * @param created topics that were created just now
     * @param refused topics that the cluster refuses to create, with the reason
     * @param awaited topics that are listened to, and that another application must create
     */
    record Outcome(Set<String> created, Map<String, String> refused, Set<String> awaited) {}

    private final class Run {

        private final ClusterAdmin cluster;
        private final int brokers;
        private final Map<String, TopicShape> shapes = new HashMap<>();
        private final Set<String> created = new TreeSet<>();
        private final Map<String, String> refused = new TreeMap<>();
        private final Set<String> awaited = new TreeSet<>();

        private Run(ClusterAdmin cluster, int brokers) {
            this.cluster = cluster;
            this.brokers = brokers;
        }

        private void createMissing(Collection<String> names) {
            inspect(names).forEach(this::create);
        }

        // dead-letter topics come after their source topics, from which they take their shape
        private void createDeadLetters(Map<String, String> sources) {
            awaited.addAll(inspect(sources.values().stream()
                    .filter(source -> !shapes.containsKey(source))
                    .collect(Collectors.toSet())));
            awaited.removeIf(source -> !topics.isOfOthers(source));
            createMissing(sources.entrySet().stream()
                    .filter(each -> !awaited.contains(each.getValue()))
                    .map(Map.Entry::getKey)
                    .toList());
        }

        // reads the shapes of existing topics, returns the missing
        // ones; a refusal of one name concerns that topic alone
        private Set<String> inspect(Collection<String> names) {
            ClusterAnswers<String, TopicDescription> clusterAnswers = cluster.describe(names);
            Map<String, TopicDescription> existing = clusterAnswers.given();
            Map<String, Config> configs =
                    cluster.topicConfigs(existing.keySet()).given();
            existing.forEach((name, topic) ->
                    shapes.put(name, TopicShape.of(topic.partitions().size(), configs.get(name))));
            Set<String> missing = new TreeSet<>();
            clusterAnswers.refused().forEach((name, reason) -> {
                if (reason instanceof UnknownTopicOrPartitionException) {
                    missing.add(name);
                } else if (reason instanceof RetriableException) {
                    throw reason; // the cluster has gone away
                } else {
                    refused.put(name, String.valueOf(reason.getMessage())); // the topic may exist or not
                }
            });
            return missing;
        }

        private void create(String name) {
            String source = topics.deadLetters().get(name);
            ReliableTopic settings =
                    source == null ? topics.settings(name) : deadLetters(topics.settings(name), shape(source));
            try {
                NewTopic topic = asSafeAsCanBe(settings);
                shapes.put(name, cluster.create(topic).orElseGet(() -> TopicShape.of(settings)));
                created.add(name);
                log.debug("Created topic {} with {} replicas and {}", name, topic.replicationFactor(), topic.configs());
            } catch (RetriableException e) {
                throw e; // the cluster has gone away: the other topics would fail too, each after a wait
            } catch (ApiException e) {
                refused.put(name, String.valueOf(e.getMessage()));
            }
        }

        private TopicShape shape(String source) {
            return shapes.getOrDefault(source, TopicShape.of(topics.settings(source)));
        }

        // undeclared settings: as many partitions as the source, so
        // that keys stay together, and room for its largest message
        private ReliableTopic deadLetters(ReliableTopic declared, TopicShape source) {
            ReliableTopic settings = declared;
            Integer partitions = source.partitions();
            if (declared.partitions() == null && partitions != null) {
                settings = settings.partitions(partitions);
            }
            if (declared.retention() == null) {
                settings = settings.retention(redriveWindow);
            }
            if (!declared.config().containsKey(TopicConfig.RETENTION_BYTES_CONFIG)) {
                settings = settings.config(TopicConfig.RETENTION_BYTES_CONFIG, "-1");
            }
            if (!declared.config().containsKey(TopicConfig.MAX_MESSAGE_BYTES_CONFIG)) {
                settings = settings.config(
                        TopicConfig.MAX_MESSAGE_BYTES_CONFIG,
                        Long.toString(Math.min(source.maxMessageBytes() + ROOM_FOR_HEADERS, Integer.MAX_VALUE)));
            }
            return settings;
        }

        private NewTopic asSafeAsCanBe(ReliableTopic topic) {
            int replicas = TopicSafety.replicas(topic, brokers);
            Map<String, String> config = new TreeMap<>();
            config.put(TopicConfig.UNCLEAN_LEADER_ELECTION_ENABLE_CONFIG, "false");
            config.putAll(topic.config());
            config.put(TopicConfig.MIN_IN_SYNC_REPLICAS_CONFIG, Integer.toString(TopicSafety.minIsr(topic, replicas)));
            Duration retention = topic.retention();
            if (retention != null) {
                config.put(TopicConfig.RETENTION_MS_CONFIG, Long.toString(retention.toMillis()));
            }
            return new NewTopic(topic.name(), Optional.ofNullable(topic.partitions()), Optional.of((short) replicas))
                    .configs(config);
        }
    }
}
