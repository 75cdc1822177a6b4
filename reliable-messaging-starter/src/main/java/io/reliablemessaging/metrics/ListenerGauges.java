package io.reliablemessaging.metrics;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.reliablemessaging.MessagingSnapshot.Capacity;
import io.reliablemessaging.MessagingSnapshot.Listener;
import io.reliablemessaging.listener.Listeners;
import java.time.Duration;
import java.time.InstantSource;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * Registers the gauges of this instance's listeners. Each scrape reads their values from memory, since they are needed most during an
 * outage of the database, which delays all other samples.
 */
final class ListenerGauges implements TableSampler.Sample {

    private final Listeners listeners;
    private final InstantSource clock;
    private final Map<MessagingMetric, MultiGauge> gauges = new EnumMap<>(MessagingMetric.class);

    ListenerGauges(Listeners listeners, InstantSource clock) {
        this.listeners = listeners;
        this.clock = clock;
    }

    @Override
    public void bindTo(MeterRegistry registry) {
        for (MessagingMetric metric : List.of(
                MessagingMetric.LAG,
                MessagingMetric.OUTAGE,
                MessagingMetric.PAUSED,
                MessagingMetric.LONGEST,
                MessagingMetric.UNCOMMITTED,
                MessagingMetric.BYTES)) {
            gauges.put(metric, metric.gauges(registry));
        }
        MessagingMetric.BYTE_LIMIT.gauge(registry, () -> shared(Capacity::byteLimit));
        MessagingMetric.PERMITS.gauge(registry, () -> shared(Capacity::permits));
        MessagingMetric.PERMITS_FREE.gauge(registry, () -> shared(Capacity::freePermits));
    }

    @Override
    public void read() {
        List<Listener> now = listeners.all();
        gauges.forEach((metric, gauge) -> gauge.register(
                now.stream().<MultiGauge.Row<?>>map(each -> row(metric, each)).toList()));
    }

    @Override
    public void forget() {
        // each scrape reads the present values
    }

    private MultiGauge.Row<?> row(MessagingMetric metric, Listener listener) {
        return MultiGauge.Row.of(
                metric.tagged(listener.group(), listener.id()),
                () -> listeners
                        .find(listener.id())
                        .map(value(metric)::applyAsDouble)
                        .orElse(Double.NaN));
    }

    private ToDoubleFunction<Listener> value(MessagingMetric metric) {
        return switch (metric) {
            case LAG -> listener -> known(listener.lag());
            case OUTAGE -> this::outage;
            case PAUSED -> listener -> listener.pause() == null ? 0 : 1;
            case LONGEST ->
                listener -> listener.longestHandler() == null
                        ? 0
                        : seconds(listener.longestHandler().duration());
            case UNCOMMITTED -> Listener::uncommittedSpan;
            case BYTES -> Listener::bytes;
            default -> throw new IllegalArgumentException(metric + " is not of a listener");
        };
    }

    private double outage(Listener listener) {
        return listener.waitsFor() == null
                ? 0
                : seconds(Duration.between(listener.waitsFor().since(), clock.instant()));
    }

    private Number shared(Function<Capacity, @Nullable Number> value) {
        return listeners
                .capacity()
                .map(capacity -> known(value.apply(capacity)))
                .orElse(Double.NaN);
    }

    private static double known(@Nullable Number number) {
        return number == null ? Double.NaN : number.doubleValue();
    }

    private static double seconds(Duration duration) {
        return duration.toMillis() / 1e3;
    }
}
