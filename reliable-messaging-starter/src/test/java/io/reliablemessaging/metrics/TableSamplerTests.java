package io.reliablemessaging.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.reliablemessaging.MessagingSnapshot.SetAside;
import io.reliablemessaging.reachability.Infrastructure;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** What gauges show when the tables cannot be read, and when there is nothing left to show. */
class TableSamplerTests {

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final AtomicReference<Supplier<Map<MessagingMetric, Double>>> quarantine = new AtomicReference<>();
    private final AtomicReference<Supplier<List<SetAside>>> dead = new AtomicReference<>();
    private final TableSampler tableSampler = new TableSampler(
            registry,
            List.of(
                    new GaugeGroup(() -> quarantine.get().get(), MessagingMetric.QUARANTINE),
                    new ParkedGauges(() -> dead.get().get())),
            Infrastructure.unwatched());

    @Test
    void nothingIsKnownBeforeTheFirstSample() {
        assertThat(quarantined()).isNaN();
    }

    @Test
    void whatCannotBeReadIsNotKnownAnyMoreAndTheRestIs() {
        quarantine.set(() -> Map.of(MessagingMetric.QUARANTINE, 7.0));
        dead.set(() -> List.of(new SetAside("billing", "orders", 0, 3)));
        tableSampler.sample();
        assertThat(quarantined()).isEqualTo(7);
        assertThat(dead("billing", "orders")).isEqualTo(3);

        quarantine.set(() -> {
            throw new IllegalStateException("away");
        });
        dead.set(() -> List.of(new SetAside("billing", "orders", 0, 4)));
        tableSampler.sample();
        assertThat(quarantined()).isNaN();
        assertThat(dead("billing", "orders")).isEqualTo(4);

        dead.set(() -> {
            throw new IllegalStateException("away");
        });
        tableSampler.sample();
        assertThat(dead("billing", "orders")).isNaN();
    }

    @Test
    void whatIsOverIsZeroAndNotMissing() {
        quarantine.set(() -> Map.of(MessagingMetric.QUARANTINE, 0.0));
        dead.set(() -> List.of(new SetAside("billing", "orders", 0, 3)));
        tableSampler.sample();
        dead.set(() -> List.of(new SetAside("shipping", "orders", 0, 1)));
        tableSampler.sample();
        assertThat(dead("billing", "orders")).isZero();
        assertThat(dead("shipping", "orders")).isEqualTo(1);
    }

    private double quarantined() {
        return registry.get(MessagingMetric.QUARANTINE.id()).gauge().value();
    }

    private double dead(String group, String topic) {
        return registry.get(MessagingMetric.DEAD.id())
                .tag("group", group)
                .tag("topic", topic)
                .gauge()
                .value();
    }
}
