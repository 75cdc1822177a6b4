package io.reliablemessaging.topics;

import io.reliablemessaging.settings.StartupRefusal;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.InvalidRequestException;

/** Configures a share group in the cluster before its first consumer joins, and reads its offsets. */
public final class ShareGroups {

    // the cluster's defaults are "latest", which would skip records sent before, and "read_uncommitted"
    private static final Map<String, String> NEEDED =
            Map.of("share.auto.offset.reset", "earliest", "share.isolation.level", "read_committed");
    private static final String CLUSTER_LIMIT = "group.share.delivery.count.limit";
    private static final String GROUP_LIMIT = "share.delivery.count.limit";
    private static final int LEAST_LIMIT = 2;

    private final Map<String, Object> adminConfig;

    public ShareGroups(Map<String, Object> adminConfig) {
        this.adminConfig = adminConfig;
    }

    /**
     * Sets a group to begin with the first record of its topics, and to read committed records only.
     *
     * @return how often the cluster delivers a record before it gives the record up
     * @throws StartupRefusal if the cluster refuses
     * @throws KafkaException if it does not answer, or has not applied the settings yet
     */
    public int prepare(String group) {
        try (Admin admin = Admin.create(adminConfig)) {
            ConfigResource resource = new ConfigResource(ConfigResource.Type.GROUP, group);
            Config found = config(admin, resource);
            if (!isAsNeeded(found)) {
                alter(admin, resource);
                found = config(admin, resource);
            }
            if (!isAsNeeded(found)) {
                throw new KafkaException("The cluster has not applied %s to group %s yet".formatted(NEEDED, group));
            }
            return limit(admin, found);
        } catch (InvalidConfigurationException
                | InvalidRequestException e) { // among its subclasses: not authorised, not supported
            throw new StartupRefusal(
                    "Listeners with ordering none read as share group %s, which needs %s, but the cluster refuses to set that: %s"
                            .formatted(group, NEEDED, e.getMessage()),
                    "Share groups need Kafka 4.2 or later. Allow this application AlterConfigs and DescribeConfigs on the group, or"
                            + " ask an administrator to set it: kafka-configs.sh --alter --entity-type groups --entity-name %s --add-config %s. Or choose another ordering"
                                    .formatted(group, asConfig()),
                    e);
        }
    }

    /**
     * Reads how far a group is: the first unfinished record of each partition that it has begun with. The cluster's answer may
     * be behind, never ahead.
     *
     * @throws KafkaException if the cluster does not answer
     */
    public Map<TopicPartition, Long> startOffsets(String group) {
        try (ClusterAdmin cluster = ClusterAdmin.open(adminConfig)) {
            Map<TopicPartition, Long> starts = new HashMap<>();
            cluster.shareGroupOffsets(group).forEach((partition, offset) -> {
                if (offset != null && offset.startOffset() >= 0) {
                    starts.put(partition, offset.startOffset());
                }
            });
            return starts;
        }
    }

    /**
     * Reads the end offsets of partitions; a partition without an answer is left out.
     *
     * @throws KafkaException if the cluster does not answer
     */
    public Map<TopicPartition, Long> endOffsets(Collection<TopicPartition> partitions) {
        try (ClusterAdmin cluster = ClusterAdmin.open(adminConfig)) {
            Map<TopicPartition, Long> ends = new HashMap<>();
            cluster.latest(partitions).given().forEach((partition, end) -> ends.put(partition, end.offset()));
            return ends;
        }
    }

    private static String asConfig() {
        return NEEDED.entrySet().stream().map(Object::toString).sorted().collect(Collectors.joining(","));
    }

    private static boolean isAsNeeded(Config found) {
        return NEEDED.entrySet().stream().allMatch(needed -> {
            ConfigEntry entry = found.get(needed.getKey());
            return entry != null && needed.getValue().equals(entry.value());
        });
    }

    private static void alter(Admin admin, ConfigResource group) {
        List<AlterConfigOp> changes = NEEDED.entrySet().stream()
                .map(needed -> new AlterConfigOp(
                        new ConfigEntry(needed.getKey(), needed.getValue()), AlterConfigOp.OpType.SET))
                .toList();
        ClusterAnswers.await(
                admin.incrementalAlterConfigs(Map.of(group, changes)).all());
    }

    private static int limit(Admin admin, Config group) {
        try {
            String broker =
                    ClusterAnswers.await(admin.describeCluster().controller()).idString();
            Config cluster = config(admin, new ConfigResource(ConfigResource.Type.BROKER, broker));
            return Stream.of(cluster.get(CLUSTER_LIMIT), group.get(GROUP_LIMIT))
                    .filter(entry -> entry != null && entry.value() != null)
                    .mapToInt(entry -> Integer.parseInt(entry.value()))
                    .min()
                    .orElse(LEAST_LIMIT);
        } catch (AuthorizationException e) {
            return LEAST_LIMIT; // not visible: assume the lowest that Kafka allows
        }
    }

    private static Config config(Admin admin, ConfigResource resource) {
        Config config = ClusterAnswers.await(
                        admin.describeConfigs(List.of(resource)).all())
                .get(resource);
        return config == null ? new Config(List.of()) : config;
    }
}
