package io.reliablemessaging.broker;

import io.reliablemessaging.wire.KafkaConnection;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.InitializingBean;
import org.springframework.boot.kafka.autoconfigure.KafkaProperties;

/**
 * Looks for host properties that weaken the host's own producer. The relay is out of their reach: it overrides them.
 */
final class HostProducerCheck implements InitializingBean {

    private static final Logger log = LoggerFactory.getLogger(HostProducerCheck.class);

    private final KafkaConnection kafka;
    private final KafkaProperties properties;
    private final DurabilityMode mode;

    HostProducerCheck(KafkaConnection kafka, KafkaProperties properties, DurabilityMode mode) {
        this.kafka = kafka;
        this.properties = properties;
        this.mode = mode;
    }

    @Override
    public void afterPropertiesSet() {
        if (mode == DurabilityMode.OFF) {
            return;
        }
        List<Finding> findings = findings();
        if (mode == DurabilityMode.STRICT && !findings.isEmpty()) {
            throw new WeakDurabilityException(findings);
        }
        findings.forEach(finding -> log.warn("Messages sent with the KafkaTemplate could be lost by {}", finding));
    }

    // What counts is the value that reaches the producer, in whichever of its spellings it was written.
    private List<Finding> findings() {
        Map<String, Object> producer = kafka.producer();
        List<Finding> findings = new ArrayList<>();
        if (!ProducerSafety.isAcknowledgedByAll(producer)) {
            findings.add(weak(producer, ProducerSafety.ACKS, "all"));
        }
        if (!ProducerSafety.isIdempotenceAllowed(producer)) {
            findings.add(weak(producer, ProducerSafety.IDEMPOTENCE, "true"));
        }
        if (!ProducerSafety.isRetrying(producer)) {
            findings.add(weak(producer, ProducerSafety.RETRIES, Integer.toString(Integer.MAX_VALUE)));
        }
        return findings;
    }

    private Finding weak(Map<String, Object> producer, String setting, String required) {
        String property = "'" + property(setting) + "'";
        return new Finding(property, String.valueOf(producer.get(setting)), required, "Remove " + property + ".");
    }

    // in the order in which Boot lets one overrule the other
    private String property(String setting) {
        if (properties.getProducer().getProperties().containsKey(setting)) {
            return "spring.kafka.producer.properties." + setting;
        }
        if (properties.getProperties().containsKey(setting) && !isOwnProducerProperty(setting)) {
            return "spring.kafka.properties." + setting;
        }
        return "spring.kafka.producer." + setting;
    }

    private boolean isOwnProducerProperty(String setting) {
        return switch (setting) {
            case ProducerSafety.ACKS -> properties.getProducer().getAcks() != null;
            case ProducerSafety.RETRIES -> properties.getProducer().getRetries() != null;
            default -> false;
        };
    }
}
