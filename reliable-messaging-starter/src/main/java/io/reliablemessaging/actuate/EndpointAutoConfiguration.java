package io.reliablemessaging.actuate;

import io.reliablemessaging.DeadLetters;
import io.reliablemessaging.DelayedMessages;
import io.reliablemessaging.MessagingOperations;
import io.reliablemessaging.OutboxQuarantine;
import io.reliablemessaging.OutboxReplay;
import io.reliablemessaging.RedriveJobs;
import java.util.ArrayList;
import java.util.List;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.actuate.autoconfigure.endpoint.condition.ConditionalOnAvailableEndpoint;
import org.springframework.boot.actuate.endpoint.Access;
import org.springframework.boot.actuate.endpoint.EndpointAccessResolver;
import org.springframework.boot.actuate.endpoint.EndpointId;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.core.env.Environment;

/** Wires the endpoint {@code reliablemessaging}, for applications with Spring Boot's Actuator. */
@AutoConfiguration(afterName = "io.reliablemessaging.operations.OperationsAutoConfiguration")
@ConditionalOnClass(ConditionalOnAvailableEndpoint.class)
@ConditionalOnAvailableEndpoint(ReliableMessagingEndpoint.class)
@ConditionalOnBean(MessagingOperations.class)
@EnableConfigurationProperties(EndpointProperties.class)
public final class EndpointAutoConfiguration {

    EndpointAutoConfiguration() {}

    @Bean
    EndpointRouter reliableMessagingEndpointRouter(
            MessagingOperations operations, List<EndpointRoute.Group> groups, EndpointProperties settings) {
        OperationRoutes general = new OperationRoutes(operations, settings.showContent());
        List<EndpointRoute> routes = new ArrayList<>(general.routes());
        groups.forEach(group -> routes.addAll(group.routes()));
        return new EndpointRouter(routes, general.trace());
    }

    @Bean
    EndpointRoute.Group reliableMessagingDeadLetterRoutes(DeadLetters deadLetters, EndpointProperties settings) {
        return new DeadLetterRoutes(deadLetters, new DeadLetterViews(settings.showContent()));
    }

    @Bean
    EndpointRoute.Group reliableMessagingRedriveJobRoutes(RedriveJobs jobs, EndpointProperties settings) {
        return new RedriveJobRoutes(jobs, settings.showContent());
    }

    @Bean
    EndpointRoute.Group reliableMessagingOutboxRoutes(
            OutboxQuarantine quarantine, ObjectProvider<OutboxReplay> replay, EndpointProperties settings) {
        return new OutboxRoutes(quarantine, replay::getIfAvailable, settings.showContent());
    }

    @Bean
    EndpointRoute.Group reliableMessagingDelayedRoutes(DelayedMessages delayed, EndpointProperties settings) {
        return new DelayedRoutes(delayed, settings.showContent());
    }

    @Bean
    EndpointCallAdvisor reliableMessagingEndpointCallAdvisor() {
        return new EndpointCallAdvisor();
    }

    @Bean
    ReliableMessagingEndpoint reliableMessagingEndpoint(MessagingOperations operations, EndpointRouter router) {
        return new ReliableMessagingEndpoint(operations, router);
    }

    @Bean
    JmxOperations reliableMessagingJmxOperations(EndpointRouter router) {
        return new JmxOperations(router);
    }

    @Bean
    EndpointNote reliableMessagingEndpointNote(
            Environment environment, ObjectProvider<EndpointAccessResolver> accesses) {
        EndpointAccessResolver access = accesses.getIfAvailable();
        return new EndpointNote(
                environment,
                access == null
                        ? Access.READ_ONLY
                        : access.accessFor(EndpointId.of(ReliableMessagingEndpoint.ID), Access.READ_ONLY));
    }
}
