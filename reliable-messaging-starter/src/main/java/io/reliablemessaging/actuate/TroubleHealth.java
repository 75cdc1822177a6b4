package io.reliablemessaging.actuate;

import io.reliablemessaging.MessagingOperations;
import io.reliablemessaging.Trouble;
import io.reliablemessaging.Trouble.Kind;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;

/**
 * Tells troubles of some kinds as health. What stays until a person does something is {@code DOWN}. What ends by itself is
 * {@code DEGRADED}, which changes nothing about the health of the application as a whole: messages wait where they are safe,
 * and whoever restarts all instances because Kafka is away, or takes them off the network, makes one outage two.
 */
final class TroubleHealth implements HealthIndicator {

    static final Status DEGRADED = new Status("DEGRADED", "Messages wait; this ends by itself once its cause is gone");

    private final MessagingOperations operations;
    private final Set<Kind> kinds;
    private final Supplier<Map<String, Object>> details;

    /**
     * Makes it.
     *
     * @param details tells what else there is to know, at once
     */
    TroubleHealth(MessagingOperations operations, Set<Kind> kinds, Supplier<Map<String, Object>> details) {
        this.operations = operations;
        this.kinds = Set.copyOf(kinds);
        this.details = details;
    }

    @Override
    public Health health() {
        List<Trouble> troubles = operations.troubles().stream()
                .filter(trouble -> kinds.contains(trouble.kind()))
                .toList();
        if (troubles.isEmpty()) {
            return with(Health.up());
        }
        boolean forAPerson =
                troubles.stream().anyMatch(trouble -> trouble.kind().isForAPerson());
        return with(Health.status(forAPerson ? Status.DOWN : DEGRADED).withDetail("troubles", troubles));
    }

    // how old it is what was read of the tables
    private Health with(Health.Builder health) {
        operations.tablesReadAt().ifPresent(read -> health.withDetail("tablesReadAt", read));
        return health.withDetails(details.get()).build();
    }
}
