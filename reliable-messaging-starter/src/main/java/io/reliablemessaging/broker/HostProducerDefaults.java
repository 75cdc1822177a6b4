package io.reliablemessaging.broker;

import java.util.HashMap;
import java.util.Map;
import org.springframework.boot.kafka.autoconfigure.DefaultKafkaProducerFactoryCustomizer;
import org.springframework.kafka.core.DefaultKafkaProducerFactory;

/**
 * Gives the producer factory that Boot makes for the host safe settings, where the host has not chosen others. Comes after
 * the host's own customizers: it has no order, and theirs are registered first.
 */
final class HostProducerDefaults implements DefaultKafkaProducerFactoryCustomizer {

    @Override
    public void customize(DefaultKafkaProducerFactory<?, ?> factory) {
        Map<String, Object> host = factory.getConfigurationProperties();
        Map<String, Object> defaults = new HashMap<>();
        if (!host.containsKey(ProducerSafety.ACKS)) {
            defaults.put(ProducerSafety.ACKS, "all");
        }
        // asked for by name, idempotence is refused beside what rules it out, where Kafka's own default only gives way
        if (!host.containsKey(ProducerSafety.IDEMPOTENCE)
                && ProducerSafety.isAcknowledgedByAll(host)
                && ProducerSafety.isRetrying(host)) {
            defaults.put(ProducerSafety.IDEMPOTENCE, true);
        }
        factory.updateConfigs(defaults);
    }
}
