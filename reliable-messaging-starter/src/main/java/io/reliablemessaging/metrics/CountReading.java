package io.reliablemessaging.metrics;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.reliablemessaging.deadletter.ParkedCounts.Count;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Gauges for each group and topic that has had such messages once; zero when it has none any more. */
final class CountReading implements Sampler.Sample {

    private final Supplier<List<Count>> source;
    private final MessagingMetric metric;
    private final Map<Place, Double> values = new HashMap<>();
    private @Nullable MultiGauge gauges;

    private record Place(String topic, String group) {}

    CountReading(Supplier<List<Count>> source, MessagingMetric metric) {
        this.source = source;
        this.metric = metric;
    }

    @Override
    public void bindTo(MeterRegistry registry) {
        gauges = metric.gauges(registry);
    }

    @Override
    public void read() {
        List<Count> counts = source.get();
        values.replaceAll((place, value) -> 0.0);
        counts.forEach(count -> values.put(new Place(count.topic(), count.group()), (double) count.messages()));
        show();
    }

    @Override
    public void forget() {
        values.replaceAll((place, value) -> Double.NaN);
        show();
    }

    private void show() {
        List<MultiGauge.Row<?>> rows = new ArrayList<>();
        values.forEach(
                (place, value) -> rows.add(MultiGauge.Row.of(metric.tagged(place.topic(), place.group()), value)));
        Objects.requireNonNull(gauges).register(rows, true);
    }
}
