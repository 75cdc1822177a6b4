package io.reliablemessaging.broker;

import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.InitializingBean;
import org.springframework.core.env.Environment;

/**
 * Looks for host properties that weaken the host's own producer. The relay is out of their reach: it overrides them.
 */
final class HostProducerCheck implements InitializingBean {

    private static final Logger log = LoggerFactory.getLogger(HostProducerCheck.class);

    private static final List<String> PREFIXES =
            List.of("spring.kafka.producer.", "spring.kafka.producer.properties.", "spring.kafka.properties.");

    private final Environment environment;
    private final DurabilityMode mode;

    HostProducerCheck(Environment environment, DurabilityMode mode) {
        this.environment = environment;
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

    private List<Finding> findings() {
        List<Finding> findings = new ArrayList<>();
        for (String prefix : PREFIXES) {
            String acks = environment.getProperty(prefix + "acks", "all");
            if (!acks.equals("all") && !acks.equals("-1")) {
                findings.add(weak(prefix + "acks", acks, "all"));
            }
            String idempotence = environment.getProperty(prefix + "enable.idempotence", "true");
            if (!idempotence.equalsIgnoreCase("true")) {
                findings.add(weak(prefix + "enable.idempotence", idempotence, "true"));
            }
        }
        return findings;
    }

    private static Finding weak(String property, String actual, String required) {
        return new Finding("'" + property + "'", actual, required, "Remove '" + property + "'.");
    }
}
