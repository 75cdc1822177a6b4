package io.reliablemessaging.broker;

import io.reliablemessaging.Finding;
import io.reliablemessaging.audit.Check;
import io.reliablemessaging.audit.FindingCode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.KafkaException;

/** Looks at the cluster: its brokers, our topics, the groups that listen to them. */
final class BrokerCheck implements Check {

    private final BrokerStage stage;
    private final KnownTopics topics;
    private final TopicRules rules;
    private final Map<String, Object> adminConfig;
    private volatile List<Finding> known = List.of();

    BrokerCheck(BrokerStage stage, KnownTopics topics, TopicRules rules, Map<String, Object> adminConfig) {
        this.stage = stage;
        this.topics = topics;
        this.rules = rules;
        this.adminConfig = adminConfig;
    }

    @Override
    public List<Finding> look() {
        Set<String> names = topics.all();
        if (names.isEmpty()) {
            return List.of(); // nothing to lose, and no reason to wait for the cluster
        }
        RuntimeException failure = stage.failure();
        if (failure != null) {
            return unknown(failure); // nothing to gain from waiting a second time
        }
        try (ClusterAdmin cluster = new ClusterAdmin(adminConfig)) {
            known = look(cluster, names);
            return known;
        } catch (KafkaException e) {
            return unknown(e);
        }
    }

    private List<Finding> look(ClusterAdmin cluster, Set<String> names) {
        Set<String> fresh = stage.takeFresh();
        ClusterState ours = ClusterState.read(cluster, names, fresh);
        List<Finding> findings = new ArrayList<>(rules.judge(ours, stage.refused()));
        findings.addAll(ClusterRules.judge(ours));
        if (!topics.listened().isEmpty()) {
            findings.addAll(ConsumerRules.judge(ours, cluster, topics.listened()));
        }
        return findings;
    }

    // what was found before is not mended by the cluster's silence
    private List<Finding> unknown(RuntimeException e) {
        List<Finding> findings = new ArrayList<>(known);
        findings.add(FindingCode.CLUSTER_UNKNOWN.finding(
                "state of the cluster",
                "unknown (" + e.getMessage() + ")",
                "known",
                "See that Kafka runs and that 'spring.kafka.bootstrap-servers' leads to it."));
        return findings;
    }
}
