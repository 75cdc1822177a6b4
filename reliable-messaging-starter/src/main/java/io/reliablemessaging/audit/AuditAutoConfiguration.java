package io.reliablemessaging.audit;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.util.function.SingletonSupplier;

/** Wires the durability audit. */
@AutoConfiguration(afterName = "io.reliablemessaging.payload.PayloadAutoConfiguration")
@ConditionalOnBean(type = "io.reliablemessaging.wire.KafkaConnection")
@EnableConfigurationProperties(DurabilityProperties.class)
public final class AuditAutoConfiguration {

    AuditAutoConfiguration() {}

    @Bean
    Auditor reliableMessagingDurabilityAudit(ObjectProvider<DurabilityCheck> checks, DurabilityProperties settings) {
        return new Auditor(
                SingletonSupplier.of(() -> checks.orderedStream().toList()), settings.mode(), settings.interval());
    }
}
