package io.reliablemessaging.topics;

import io.reliablemessaging.Finding;
import io.reliablemessaging.audit.FindingCode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Supplier;
import org.apache.kafka.common.KafkaException;

/** Runs independent parts of a check. A part that gets no answer keeps its last findings, and does not affect the others. */
public final class IndependentChecks {

    private final Map<String, List<Finding>> known = new ConcurrentSkipListMap<>();

    /** Runs a part and returns its findings. If the cluster does not answer, returns the last findings and one that says so. */
    public List<Finding> run(String name, Supplier<List<Finding>> part) {
        try {
            List<Finding> found = part.get();
            known.put(name, found);
            return found;
        } catch (KafkaException e) {
            List<Finding> findings = new ArrayList<>(known.getOrDefault(name, List.of()));
            findings.add(unknown("state of the %s of the cluster".formatted(name), e));
            return findings;
        }
    }

    /** Returns the last findings of all parts, and one that says that the cluster does not answer. */
    public List<Finding> unknown(RuntimeException reason) {
        List<Finding> findings = new ArrayList<>();
        known.values().forEach(findings::addAll);
        findings.add(unknown("state of the cluster", reason));
        return findings;
    }

    private static Finding unknown(String what, RuntimeException reason) {
        return FindingCode.CLUSTER_UNKNOWN.finding(
                what,
                "unknown (" + reason.getMessage() + ")",
                "known",
                "Make sure that Kafka runs and that 'spring.kafka.bootstrap-servers' leads to it.");
    }
}
