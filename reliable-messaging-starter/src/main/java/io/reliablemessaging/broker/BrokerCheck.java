package io.reliablemessaging.broker;

import io.reliablemessaging.Finding;
import io.reliablemessaging.audit.DurabilityCheck;
import io.reliablemessaging.topics.ClusterAdmin;
import io.reliablemessaging.topics.ClusterState;
import io.reliablemessaging.topics.IndependentChecks;
import io.reliablemessaging.topics.KnownTopics;
import io.reliablemessaging.topics.TopicRules;
import io.reliablemessaging.topics.TopicStartup;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.RetriableException;

/** Checks the cluster: its brokers, our topics, and the groups that listen to them. */
final class BrokerCheck implements DurabilityCheck {

    private final TopicStartup stage;
    private final KnownTopics topics;
    private final TopicRules rules;
    private final Map<String, Object> adminConfig;
    private final IndependentChecks parts = new IndependentChecks();

    BrokerCheck(TopicStartup stage, KnownTopics topics, TopicRules rules, Map<String, Object> adminConfig) {
        this.stage = stage;
        this.topics = topics;
        this.rules = rules;
        this.adminConfig = adminConfig;
    }

    @Override
    public List<Finding> run() {
        Set<String> names = topics.all();
        if (names.isEmpty()) {
            return List.of(); // there is nothing to check, and no reason to wait for the cluster
        }
        RuntimeException failure = stage.failure();
        if (failure instanceof RetriableException) {
            return parts.unknown(failure); // the cluster has just not answered the stage: do not wait for it again
        }
        try (ClusterAdmin cluster = ClusterAdmin.open(adminConfig)) {
            return judge(cluster, ClusterState.read(cluster, names, stage.takeFresh()));
        } catch (KafkaException e) {
            return parts.unknown(e);
        }
    }

    // the parts are independent: if one cannot be read, the others still can
    private List<Finding> judge(ClusterAdmin cluster, ClusterState state) {
        List<Finding> findings = new ArrayList<>();
        findings.addAll(parts.run("topics", () -> rules.judge(state, stage.refused())));
        findings.addAll(parts.run("brokers", () -> ClusterRules.judge(state)));
        findings.addAll(parts.run(
                "groups",
                () -> topics.listened().isEmpty()
                        ? List.of()
                        : ConsumerRules.judge(state, cluster, topics.listened())));
        return findings;
    }
}
