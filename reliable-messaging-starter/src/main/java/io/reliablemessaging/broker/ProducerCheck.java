package io.reliablemessaging.broker;

import io.reliablemessaging.Finding;
import io.reliablemessaging.audit.DurabilityCheck;
import io.reliablemessaging.audit.FindingCode;
import io.reliablemessaging.wire.KafkaConnection;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.kafka.autoconfigure.KafkaProperties;
import org.springframework.kafka.core.KafkaTemplate;
import org.springframework.kafka.core.ProducerFactory;
import org.springframework.kafka.core.RoutingKafkaTemplate;

/** Checks the host's own producers. The relay's and the sender's need no check: they override all settings that matter. */
final class ProducerCheck implements DurabilityCheck {

    // the bean name that Boot uses
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
    public List<Finding> run() {
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

    // The settings that count are those that reach the producer. A factory or a template that does not exist yet is not
    // created for this check: the host may be lazy.
    private Map<String, Map<String, Object>> factories() {
        Map<String, Map<String, Object>> configs = new TreeMap<>();
        Set<ProducerFactory<?, ?>> asked = Collections.newSetFromMap(new IdentityHashMap<>());
        for (String name : beans.getBeanNamesForType(ProducerFactory.class, true, false)) {
            if (beans.containsSingleton(name)) {
                ProducerFactory<?, ?> factory = beans.getBean(name, ProducerFactory.class);
                asked.add(factory);
                configs.put(named(name), factory.getConfigurationProperties());
            } else if (name.equals(BOOTS_FACTORY)) {
                configs.put(named(name), kafka.producer());
            }
        }
        // its factory may be no bean: created by hand, or copied because the template has settings of its own
        for (String name : beans.getBeanNamesForType(KafkaTemplate.class, true, false)) {
            ProducerFactory<?, ?> factory = beans.containsSingleton(name) ? factoryOf(name) : null;
            if (factory != null && asked.add(factory)) {
                configs.put("KafkaTemplate '%s'".formatted(name), factory.getConfigurationProperties());
            }
        }
        return configs;
    }

    private @Nullable ProducerFactory<?, ?> factoryOf(String template) {
        KafkaTemplate<?, ?> made = beans.getBean(template, KafkaTemplate.class);
        // a routing template has a factory for each topic, and lists none
        return made instanceof RoutingKafkaTemplate ? null : made.getProducerFactory();
    }

    private static String named(String factory) {
        return "ProducerFactory '%s'".formatted(factory);
    }

    private Finding weak(FindingCode code, String owner, Map<String, Object> config, String setting, String required) {
        String actual = String.valueOf(config.get(setting));
        if (owner.equals(named(BOOTS_FACTORY))
                && actual.equals(String.valueOf(kafka.producer().get(setting)))) {
            String property = "'" + property(setting) + "'";
            return code.finding(property, actual, required, "Remove " + property + ".");
        }
        String where = "%s of %s".formatted(setting, owner);
        return code.finding(where, actual, required, "Set %s=%s there.".formatted(setting, required));
    }

    // in the order in which Boot lets one override the other
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
