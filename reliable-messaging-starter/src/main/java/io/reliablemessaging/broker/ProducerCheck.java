package io.reliablemessaging.broker;

import io.reliablemessaging.Finding;
import io.reliablemessaging.audit.Check;
import io.reliablemessaging.audit.FindingCode;
import io.reliablemessaging.wire.KafkaConnection;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.kafka.autoconfigure.KafkaProperties;
import org.springframework.kafka.core.ProducerFactory;

/** Looks at the host's own producers. The relay's and the sender's are out of the host's reach: they override all that counts. */
final class ProducerCheck implements Check {

    // as Boot names it
    private static final String BOOTS_FACTORY = "kafkaProducerFactory";

    private final KafkaConnection kafka;
    private final KafkaProperties properties;
    private final ConfigurableListableBeanFactory beans;

    ProducerCheck(KafkaConnection kafka, KafkaProperties properties, ConfigurableListableBeanFactory beans) {
        this.kafka = kafka;
        this.properties = properties;
        this.beans = beans;
    }

    @Override
    public List<Finding> look() {
        List<Finding> findings = new ArrayList<>();
        factories().forEach((name, config) -> {
            if (!ProducerSafety.isAcknowledgedByAll(config)) {
                findings.add(weak(FindingCode.PRODUCER_ACKS, name, config, ProducerSafety.ACKS, "all"));
            }
            if (!ProducerSafety.isIdempotenceAllowed(config)) {
                findings.add(weak(FindingCode.PRODUCER_IDEMPOTENCE, name, config, ProducerSafety.IDEMPOTENCE, "true"));
            }
            if (!ProducerSafety.isRetrying(config)) {
                findings.add(weak(
                        FindingCode.PRODUCER_RETRIES,
                        name,
                        config,
                        ProducerSafety.RETRIES,
                        Integer.toString(Integer.MAX_VALUE)));
            }
        });
        return findings;
    }

    // What counts is what reaches the producer. A factory that is not made yet is not made for us: the host may be
    // lazy.
    private Map<String, Map<String, Object>> factories() {
        Map<String, Map<String, Object>> configs = new TreeMap<>();
        for (String name : beans.getBeanNamesForType(ProducerFactory.class, true, false)) {
            if (beans.containsSingleton(name)) {
                ProducerFactory<?, ?> factory = beans.getBean(name, ProducerFactory.class);
                configs.put(name, factory.getConfigurationProperties());
            } else if (name.equals(BOOTS_FACTORY)) {
                configs.put(name, kafka.producer());
            }
        }
        return configs;
    }

    private Finding weak(
            FindingCode code, String factory, Map<String, Object> config, String setting, String required) {
        String actual = String.valueOf(config.get(setting));
        if (factory.equals(BOOTS_FACTORY)
                && actual.equals(String.valueOf(kafka.producer().get(setting)))) {
            String property = "'" + property(setting) + "'";
            return code.finding(property, actual, required, "Remove " + property + ".");
        }
        String where = "%s of ProducerFactory '%s'".formatted(setting, factory);
        return code.finding(where, actual, required, "Set %s=%s there.".formatted(setting, required));
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
