package io.reliablemessaging.metrics;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.reliablemessaging.MessagingSnapshot.SetAside;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** Registers gauges for each group and topic that has ever had a parked message or a dead letter; they are zero when it has none any more. */
final class ParkedGauges implements TableSampler.Sample {

    private final Supplier<List<SetAside>> source;
    private final Map<Place, SetAside> counts = new HashMap<>();
    private @Nullable MultiGauge parked;
    private @Nullable MultiGauge dead;

    private record Place(String topic, String group) {}

    ParkedGauges(Supplier<List<SetAside>> source) {
        this.source = source;
    }

    @Override
    public void bindTo(MeterRegistry registry) {
        parked = MessagingMetric.PARKED.gauges(registry);
        dead = MessagingMetric.DEAD.gauges(registry);
    }

    @Override
    public void read() {
        List<SetAside> found = source.get();
        counts.replaceAll((place, count) -> new SetAside(place.group(), place.topic(), 0, 0));
        found.forEach(count -> counts.put(new Place(count.topic(), count.group()), count));
        show(MessagingMetric.PARKED, parked, SetAside::waiting);
        show(MessagingMetric.DEAD, dead, SetAside::dead);
    }

    @Override
    public void forget() {
        show(MessagingMetric.PARKED, parked, count -> Double.NaN);
        show(MessagingMetric.DEAD, dead, count -> Double.NaN);
    }

    private void show(MessagingMetric metric, @Nullable MultiGauge gauges, ToDoubleFunction<SetAside> value) {
        List<MultiGauge.Row<?>> rows = new ArrayList<>();
        counts.forEach((place, count) ->
                rows.add(MultiGauge.Row.of(metric.tagged(place.topic(), place.group()), value.applyAsDouble(count))));
        Objects.requireNonNull(gauges).register(rows, true);
    }
}
