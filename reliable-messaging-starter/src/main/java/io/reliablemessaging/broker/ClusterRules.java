package io.reliablemessaging.broker;

import io.reliablemessaging.Finding;
import io.reliablemessaging.audit.FindingCode;
import io.reliablemessaging.topics.ClusterAdmin;
import io.reliablemessaging.topics.ClusterState;
import io.reliablemessaging.topics.ConfigValues;
import io.reliablemessaging.topics.TopicSafety;
import io.reliablemessaging.topics.TopicState;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.common.TopicPartitionInfo;

/** Checks the brokers and the state of the partitions. */
final class ClusterRules {

    // names of settings that only brokers have; their constants are in the server's jar
    private static final String FLUSH = "log.flush.interval.messages";
    private static final String AUTO_CREATE = ClusterAdmin.AUTO_CREATE;
    private static final String DEFAULT_REPLICAS = "default.replication.factor";
    private static final String DEFAULT_MIN_ISR = "min.insync.replicas";

    private ClusterRules() {}

    static List<Finding> judge(ClusterState cluster) {
        List<Finding> findings = new ArrayList<>();
        checkBrokers(cluster, findings);
        Config config = cluster.brokerConfig();
        if (config == null) {
            findings.add(FindingCode.BROKER_SETTINGS_HIDDEN.finding(
                    "settings of the brokers",
                    "not visible",
                    "visible",
                    "Allow this application to DescribeConfigs on the cluster."));
        } else {
            checkAutoCreation(cluster, config, findings);
        }
        cluster.topics().values().forEach(topic -> checkPartitions(cluster, topic, findings));
        return findings;
    }

    private static void checkBrokers(ClusterState cluster, List<Finding> findings) {
        if (cluster.isSingle()) {
            boolean flushes = ConfigValues.number(cluster.brokerConfig(), FLUSH, Long.MAX_VALUE) == 1;
            findings.add(FindingCode.SINGLE_BROKER.finding(
                    "brokers of the cluster",
                    flushes ? "1, which flushes each message to its disk" : "1, which does not flush to its disk",
                    TopicSafety.REPLICAS + " in production",
                    "Fine for development. With one broker, messages are lost with its disk%s."
                            .formatted(flushes ? "" : " or its power (flush.messages=1 helps against that)")));
        }
        for (int broker : cluster.down()) {
            findings.add(FindingCode.BROKER_DOWN.finding(
                    "broker " + broker,
                    "down",
                    "up",
                    "Start it; or, if it was given up for good, remove it with kafka-cluster.sh unregister."));
        }
    }

    private static void checkAutoCreation(ClusterState cluster, Config config, List<Finding> findings) {
        int wanted = TopicSafety.replicas(cluster.brokers().size());
        long replicas = ConfigValues.number(config, DEFAULT_REPLICAS, 1);
        long minIsr = ConfigValues.number(config, DEFAULT_MIN_ISR, 1);
        if (ConfigValues.isOn(config, AUTO_CREATE) && (replicas < wanted || minIsr < TopicSafety.majority(wanted))) {
            findings.add(FindingCode.AUTO_CREATED_WEAK.finding(
                    AUTO_CREATE + " of the cluster",
                    "true, with %d replicas and min.insync.replicas=%d".formatted(replicas, minIsr),
                    "false, or %d replicas and min.insync.replicas=%d".formatted(wanted, TopicSafety.majority(wanted)),
                    "Alter %s, or %s and %s, of the brokers."
                            .formatted(AUTO_CREATE, DEFAULT_REPLICAS, DEFAULT_MIN_ISR)));
        }
    }

    private static void checkPartitions(ClusterState cluster, TopicState topic, List<Finding> findings) {
        String waiting = topic.partitionsThat(partition -> isWaiting(cluster, topic, partition));
        String weakened = topic.partitionsThat(
                partition -> !isWaiting(cluster, topic, partition) && isWeakened(cluster, partition));
        if (!waiting.isEmpty()) {
            findings.add(FindingCode.UNDER_MIN_ISR.finding(
                    "replicas in sync of topic " + topic.name(),
                    "fewer than %d, or no leader, in %s".formatted(topic.minIsr(), waiting),
                    "at least %d (min.insync.replicas)".formatted(topic.minIsr()),
                    "Start the brokers that are down. Messages wait in the outbox until then."));
        }
        if (!weakened.isEmpty()) {
            findings.add(FindingCode.UNDER_REPLICATED.finding(
                    "replicas in sync of topic " + topic.name(),
                    "not all in " + weakened,
                    topic.replicas(),
                    "Start the brokers that are down, or find out why their replicas lag behind."));
        }
    }

    private static boolean isWaiting(ClusterState cluster, TopicState topic, TopicPartitionInfo partition) {
        boolean led = partition.leader() != null && cluster.isUp(partition.leader());
        return !led || TopicState.inSync(partition, cluster::isUp) < topic.minIsr();
    }

    private static boolean isWeakened(ClusterState cluster, TopicPartitionInfo partition) {
        return TopicState.inSync(partition, cluster::isUp)
                < partition.replicas().size();
    }
}
