package io.reliablemessaging.tracing;

import io.micrometer.observation.ObservationRegistry;
import io.reliablemessaging.wire.KafkaConnection;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.context.annotation.Bean;

/** Wires tracing, which does nothing if the application has no observation registry. */
@AutoConfiguration(afterName = "io.reliablemessaging.payload.PayloadAutoConfiguration")
@ConditionalOnBean(KafkaConnection.class)
public final class TracingAutoConfiguration {

    TracingAutoConfiguration() {}

    @Bean
    MessageTracing reliableMessagingTracing(ObjectProvider<ObservationRegistry> registry) {
        return new MessageTracing(registry.getIfUnique(() -> ObservationRegistry.NOOP));
    }
}
