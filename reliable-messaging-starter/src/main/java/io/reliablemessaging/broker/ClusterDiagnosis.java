package io.reliablemessaging.broker;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;

/** Explains to a person why the cluster does not accept records. Takes some seconds. */
public final class ClusterDiagnosis {

    private static final Duration LIMIT = Duration.ofSeconds(3);

    private final Map<String, Object> config;

    ClusterDiagnosis(Map<String, Object> adminConfig) {
        this.config = new HashMap<>(adminConfig);
        config.put(CommonClientConfigs.REQUEST_TIMEOUT_MS_CONFIG, (int) LIMIT.toMillis());
        config.put(CommonClientConfigs.DEFAULT_API_TIMEOUT_MS_CONFIG, (int) LIMIT.toMillis());
    }

    /** Describes in a sentence what is wrong with the cluster, as far as these topics are concerned. */
    public String diagnose(Collection<String> topics) {
        try (Visit visit = new Visit(Admin.create(config))) {
            return visit.diagnose(topics);
        } catch (KafkaException e) {
            return "Kafka does not answer at %s (%s)"
                    .formatted(config.get(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG), e.getMessage());
        }
    }

    private record Visit(Admin admin) implements AutoCloseable {

        String diagnose(Collection<String> topics) {
            Collection<Node> brokers = answer(admin.describeCluster().nodes());
            List<String> wrong = new ArrayList<>();
            Collection<String> silent = silent(brokers);
            if (!silent.isEmpty()) {
                wrong.add("%d of %d brokers do not answer: %s"
                        .formatted(silent.size(), brokers.size(), String.join(", ", silent)));
            }
            admin.describeTopics(topics).topicNameValues().forEach((name, description) -> {
                try {
                    wrong.addAll(weaknesses(answer(description)));
                } catch (KafkaException e) {
                    wrong.add("topic %s: %s".formatted(name, e.getMessage()));
                }
            });
            return wrong.isEmpty()
                    ? "%d brokers answer, and their topics seem to be in order".formatted(brokers.size())
                    : String.join("; ", wrong);
        }

        // each broker is asked itself: if it has just died, the others may not know it yet
        private Collection<String> silent(Collection<Node> brokers) {
            Map<Node, KafkaFuture<Config>> asked = new HashMap<>();
            for (Node broker : brokers) {
                asked.put(broker, config(ConfigResource.Type.BROKER, broker.idString()));
            }
            Collection<String> silent = new TreeSet<>();
            asked.forEach((broker, future) -> {
                try {
                    answer(future);
                } catch (org.apache.kafka.common.errors.TimeoutException e) {
                    silent.add("%s:%d".formatted(broker.host(), broker.port()));
                } catch (KafkaException e) {
                    // it answers, if only to say that the settings are not visible to us
                }
            });
            return silent;
        }

        private List<String> weaknesses(TopicDescription topic) {
            int required = minIsr(topic.name());
            List<String> weak = new ArrayList<>();
            for (TopicPartitionInfo partition : topic.partitions()) {
                int inSync = partition.isr().size();
                if (partition.leader() == null) {
                    weak.add("partition %d has no leader".formatted(partition.partition()));
                } else if (inSync < required) {
                    weak.add("partition %d has %d replicas in sync of the %d that min.insync.replicas requires"
                            .formatted(partition.partition(), inSync, required));
                }
            }
            return weak.isEmpty() ? weak : List.of("topic " + topic.name() + ": " + String.join(", ", weak));
        }

        private int minIsr(String topic) {
            Config config = answer(config(ConfigResource.Type.TOPIC, topic));
            ConfigEntry minIsr = config.get(TopicConfig.MIN_IN_SYNC_REPLICAS_CONFIG);
            return minIsr == null || minIsr.value() == null ? 1 : Integer.parseInt(minIsr.value());
        }

        private KafkaFuture<Config> config(ConfigResource.Type type, String name) {
            ConfigResource resource = new ConfigResource(type, name);
            return Objects.requireNonNull(
                    admin.describeConfigs(List.of(resource)).values().get(resource));
        }

        @Override
        public void close() {
            admin.close(Duration.ZERO);
        }
    }

    private static <T> T answer(KafkaFuture<T> future) {
        try {
            return future.get(LIMIT.toMillis() * 2, TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof KafkaException cause ? cause : new KafkaException(e.getCause());
        } catch (TimeoutException e) {
            throw new org.apache.kafka.common.errors.TimeoutException("no answer within " + LIMIT, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new KafkaException("interrupted", e);
        }
    }
}
