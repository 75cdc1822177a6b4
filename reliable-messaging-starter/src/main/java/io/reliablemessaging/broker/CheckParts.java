package io.reliablemessaging.broker;

import io.reliablemessaging.Finding;
import io.reliablemessaging.audit.FindingCode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Supplier;
import org.apache.kafka.common.KafkaException;

/** Parts of a check that stand alone: what one of them cannot learn says nothing about the others, and none forgets. */
final class CheckParts {

    private final Map<String, List<Finding>> known = new ConcurrentSkipListMap<>();

    /** What a part finds; if the cluster does not answer it, what it found before, and that it does not. */
    List<Finding> look(String name, Supplier<List<Finding>> part) {
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

    /** What all parts have found before, and that the cluster does not answer any. */
    List<Finding> unknown(RuntimeException reason) {
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
                "See that Kafka runs and that 'spring.kafka.bootstrap-servers' leads to it.");
    }
}
