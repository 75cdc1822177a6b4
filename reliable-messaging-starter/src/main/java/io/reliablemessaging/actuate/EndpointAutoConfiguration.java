package io.reliablemessaging.actuate;

import io.reliablemessaging.MessagingOperations;
import org.springframework.boot.actuate.autoconfigure.endpoint.condition.ConditionalOnAvailableEndpoint;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.context.annotation.Bean;
import org.springframework.core.env.Environment;

/** Wires the endpoint {@code reliablemessaging}, for applications with Spring Boot's Actuator. */
@AutoConfiguration(afterName = "io.reliablemessaging.operations.OperationsAutoConfiguration")
@ConditionalOnClass(ConditionalOnAvailableEndpoint.class)
@ConditionalOnAvailableEndpoint(ReliableMessagingEndpoint.class)
@ConditionalOnBean(MessagingOperations.class)
public final class EndpointAutoConfiguration {

    EndpointAutoConfiguration() {}

    @Bean
    ReliableMessagingEndpoint reliableMessagingEndpoint(MessagingOperations operations) {
        return new ReliableMessagingEndpoint(operations);
    }

    @Bean
    EndpointNote reliableMessagingEndpointNote(Environment environment) {
        return new EndpointNote(environment);
    }
}
