package io.reliablemessaging.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.Map;
import java.util.function.Supplier;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.MetricName;
import org.apache.kafka.common.metrics.Gauge;
import org.apache.kafka.common.metrics.KafkaMetric;
import org.apache.kafka.common.metrics.MetricConfig;
import org.apache.kafka.common.utils.Time;
import org.junit.jupiter.api.Test;

class KafkaClientMetersTests {

    private static final MetricName LAG =
            new MetricName("lag", "consumer-metrics", "", Map.of("client-id", "shipping"));

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final KafkaClientMeters meters = new KafkaClientMeters(registry);

    @Test
    void aClientThatIsOpenedBeforeTheOneInItsPlaceIsClosedKeepsItsMeters() {
        Runnable first = meters.opened("group.shipping", of(1));
        Runnable second = meters.opened("group.shipping", of(2));
        first.run();
        first.run();
        assertThat(lag()).isEqualTo(2);
        second.run();
        assertThat(registry.getMeters()).isEmpty();
    }

    @Test
    void whatAClientFailsWithStaysHere() {
        Runnable closed = meters.opened("relay", () -> {
            throw new NoClassDefFoundError("gone");
        });
        closed.run();
        assertThat(registry.getMeters()).isEmpty();
    }

    private double lag() {
        Meter meter = registry.find("kafka.consumer.lag")
                .tag("spring.id", "reliable-messaging.group.shipping")
                .meter();
        assertThat(meter).isNotNull();
        return meter.measure().iterator().next().getValue();
    }

    private static Supplier<Map<MetricName, ? extends Metric>> of(double value) {
        Gauge<Double> gauge = (config, now) -> value;
        KafkaMetric metric = new KafkaMetric(new Object(), LAG, gauge, new MetricConfig(), Time.SYSTEM);
        return () -> Map.of(LAG, metric);
    }
}
