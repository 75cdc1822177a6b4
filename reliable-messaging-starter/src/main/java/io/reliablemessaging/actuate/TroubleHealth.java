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
 * Shows troubles of some kinds as health. A trouble that stays until a person acts is {@code DOWN}. A trouble that ends by itself is
 * {@code DEGRADED}, which does not change the health of the whole application: the messages are safe where they wait, and
 * restarting all instances because Kafka is away, or taking them off the network, would make the outage worse.
 */
final class TroubleHealth implements HealthIndicator {

    static final Status DEGRADED = new Status("DEGRADED", "Messages wait; this ends by itself once its cause is gone");

    private final MessagingOperations operations;
    private final Set<Kind> kinds;
    private final Supplier<Map<String, Object>> details;

    /**
     * Creates the indicator.
     *
     * @param details returns further details, without I/O
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

    // when the tables were read, so that people see how old the answer is
    private Health with(Health.Builder health) {
        operations.tablesReadAt().ifPresent(read -> health.withDetail("tablesReadAt", read));
        return health.withDetails(details.get()).build();
    }
}
