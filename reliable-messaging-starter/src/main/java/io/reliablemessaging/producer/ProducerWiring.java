package io.reliablemessaging.producer;

import io.reliablemessaging.wire.KafkaConnection;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Wires the settings of our producers, once for the relay and for direct sending. */
@Configuration(proxyBeanMethods = false)
public class ProducerWiring {

    @Bean
    ProducerConfiguration reliableMessagingProducerConfiguration(KafkaConnection kafka) {
        return ProducerConfiguration.of(kafka);
    }
}
