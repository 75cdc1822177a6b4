package io.reliablemessaging.metrics;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.kafka.KafkaClientMetrics;
import io.reliablemessaging.wire.KafkaConnection;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.context.annotation.Bean;

/** Wires the metrics of our Kafka clients, for applications that have Micrometer and a registry. */
@AutoConfiguration(
        afterName = {
            "org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration",
            "org.springframework.boot.micrometer.metrics.autoconfigure.export.simple.SimpleMetricsExportAutoConfiguration",
            "io.reliablemessaging.payload.PayloadAutoConfiguration"
        })
@ConditionalOnClass({MeterRegistry.class, KafkaClientMetrics.class})
@ConditionalOnBean({MeterRegistry.class, KafkaConnection.class})
public final class ClientMetricsAutoConfiguration {

    ClientMetricsAutoConfiguration() {}

    @Bean
    KafkaClientMeters reliableMessagingKafkaClientMeters(MeterRegistry registry) {
        return new KafkaClientMeters(registry);
    }
}
