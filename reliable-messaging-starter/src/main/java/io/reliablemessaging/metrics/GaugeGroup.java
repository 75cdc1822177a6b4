package io.reliablemessaging.metrics;

import io.micrometer.core.instrument.MeterRegistry;
import java.util.Map;
import java.util.function.Supplier;

/** Holds the values of gauges that are read together; until then they are not a number. */
final class GaugeGroup implements TableSampler.Sample {

    private final Supplier<Map<MessagingMetric, Double>> source;
    private final MessagingMetric[] metrics;
    private volatile Map<MessagingMetric, Double> values = Map.of();

    GaugeGroup(Supplier<Map<MessagingMetric, Double>> source, MessagingMetric... metrics) {
        this.source = source;
        this.metrics = metrics;
    }

    @Override
    public void bindTo(MeterRegistry registry) {
        for (MessagingMetric metric : metrics) {
            metric.gauge(registry, () -> values.getOrDefault(metric, Double.NaN));
        }
    }

    @Override
    public void read() {
        values = Map.copyOf(source.get());
    }

    @Override
    public void forget() {
        values = Map.of();
    }
}
