package io.reliablemessaging.actuate;

import io.reliablemessaging.MessagingOperations;
import io.reliablemessaging.Trouble.Kind;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;

/**
 * Wires health, of sending and of the listeners. Neither is part of liveness or readiness. The bean names are written in full,
 * because Spring Boot derives the name in the health endpoint from them.
 */
@AutoConfiguration(afterName = "io.reliablemessaging.operations.OperationsAutoConfiguration")
@ConditionalOnClass({HealthIndicator.class, ConditionalOnEnabledHealthIndicator.class})
@ConditionalOnBean(MessagingOperations.class)
public final class HealthAutoConfiguration {

    private static final Set<Kind> OF_LISTENERS = EnumSet.of(
            Kind.LISTENER_STOPPED,
            Kind.LISTENER_CANNOT_READ,
            Kind.LISTENER_WAITS,
            Kind.HANDLER_RUNS_LONG,
            Kind.READING_LIMITED,
            Kind.HANDLERS_LIMITED,
            Kind.PARKED_MESSAGES_ADOPTED);

    // an outage of either concerns both
    private static final Set<Kind> OF_BOTH = EnumSet.of(Kind.POSTGRES_AWAY, Kind.KAFKA_AWAY);

    HealthAutoConfiguration() {}

    @Bean
    @ConditionalOnEnabledHealthIndicator("reliable-messaging-sending")
    TroubleHealth reliableMessagingSendingHealthIndicator(MessagingOperations operations) {
        return new TroubleHealth(operations, EnumSet.complementOf(EnumSet.copyOf(OF_LISTENERS)), Map::of);
    }

    @Bean
    @ConditionalOnEnabledHealthIndicator("reliable-messaging-listeners")
    TroubleHealth reliableMessagingListenersHealthIndicator(MessagingOperations operations) {
        return new TroubleHealth(operations, kindsOfListeners(), () -> ofListeners(operations));
    }

    private static Set<Kind> kindsOfListeners() {
        EnumSet<Kind> kinds = EnumSet.copyOf(OF_LISTENERS);
        kinds.addAll(OF_BOTH);
        return kinds;
    }

    private static Map<String, Object> ofListeners(MessagingOperations operations) {
        Map<String, Object> details = new LinkedHashMap<>();
        details.put("listeners", operations.listeners());
        operations.capacity().ifPresent(capacity -> details.put("capacity", capacity));
        return details;
    }
}
