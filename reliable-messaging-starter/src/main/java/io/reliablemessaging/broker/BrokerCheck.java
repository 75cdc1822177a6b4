package io.reliablemessaging.broker;

import io.reliablemessaging.Finding;
import io.reliablemessaging.audit.Check;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.RetriableException;

/** Looks at the cluster: its brokers, our topics, the groups that listen to them. */
final class BrokerCheck implements Check {

    private final BrokerStage stage;
    private final KnownTopics topics;
    private final TopicRules rules;
    private final Map<String, Object> adminConfig;
    private final CheckParts parts = new CheckParts();

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
        if (failure instanceof RetriableException) {
            return parts.unknown(failure); // nothing to gain from waiting a second time
        }
        try (ClusterAdmin cluster = new ClusterAdmin(adminConfig)) {
            return look(cluster, ClusterState.read(cluster, names, stage.takeFresh()));
        } catch (KafkaException e) {
            return parts.unknown(e);
        }
    }

    // each part stands alone: what one of them cannot learn says nothing about the others
    private List<Finding> look(ClusterAdmin cluster, ClusterState state) {
        List<Finding> findings = new ArrayList<>();
        findings.addAll(parts.look("topics", () -> rules.judge(state, stage.refused())));
        findings.addAll(parts.look("brokers", () -> ClusterRules.judge(state)));
        findings.addAll(parts.look(
                "groups",
                () -> topics.listened().isEmpty()
                        ? List.of()
                        : ConsumerRules.judge(state, cluster, topics.listened())));
        return findings;
    }
}
