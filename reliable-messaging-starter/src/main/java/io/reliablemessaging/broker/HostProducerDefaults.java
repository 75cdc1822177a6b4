package io.reliablemessaging.broker;

import java.util.Map;
import org.springframework.boot.kafka.autoconfigure.DefaultKafkaProducerFactoryCustomizer;
import org.springframework.kafka.core.DefaultKafkaProducerFactory;

/** Gives the producer factory that Boot makes for the host safe settings, where the host has not chosen any. */
final class HostProducerDefaults implements DefaultKafkaProducerFactoryCustomizer {

    private static final String ACKS = "acks";
    private static final String IDEMPOTENCE = "enable.idempotence";

    @Override
    public void customize(DefaultKafkaProducerFactory<?, ?> factory) {
        Map<String, Object> host = factory.getConfigurationProperties();
        // either one set alone decides for both: Kafka refuses idempotence without acks=all
        if (!host.containsKey(ACKS) && !host.containsKey(IDEMPOTENCE)) {
            factory.updateConfigs(Map.of(ACKS, "all", IDEMPOTENCE, true));
        }
    }
}
