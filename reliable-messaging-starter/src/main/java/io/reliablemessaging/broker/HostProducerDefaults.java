package io.reliablemessaging.broker;

import java.util.HashMap;
import java.util.Map;
import org.springframework.boot.kafka.autoconfigure.DefaultKafkaProducerFactoryCustomizer;
import org.springframework.kafka.core.DefaultKafkaProducerFactory;

/**
 * Gives Boot's producer factory safe settings where the host has not chosen others. Runs after the host's own customizers: it has
 * no order, and theirs are registered first.
 */
final class HostProducerDefaults implements DefaultKafkaProducerFactoryCustomizer {

    @Override
    public void customize(DefaultKafkaProducerFactory<?, ?> factory) {
        Map<String, Object> host = factory.getConfigurationProperties();
        Map<String, Object> defaults = new HashMap<>();
        if (!host.containsKey(ProducerSafety.ACKS)) {
            defaults.put(ProducerSafety.ACKS, "all");
        }
        // set by name, idempotence makes Kafka refuse conflicting settings; Kafka's own default would silently give way
        if (!host.containsKey(ProducerSafety.IDEMPOTENCE)
                && ProducerSafety.isAcknowledgedByAll(host)
                && ProducerSafety.isRetrying(host)) {
            defaults.put(ProducerSafety.IDEMPOTENCE, true);
        }
        factory.updateConfigs(defaults);
    }
}
