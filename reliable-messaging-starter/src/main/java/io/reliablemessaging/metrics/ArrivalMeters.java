package io.reliablemessaging.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;

/** Holds the meters of one listener and topic. All of them exist from the first message on, because a rate needs a start at zero. */
final class ArrivalMeters {

    private final Map<Outcome, Counter> ends = new EnumMap<>(Outcome.class);
    private final Timer succeeded;
    private final Timer failed;
    private final Timer age;

    ArrivalMeters(MeterRegistry registry, String topic, String group, String listener) {
        for (Outcome outcome : Outcome.values()) {
            ends.put(outcome, MessagingMetric.DELIVERIES.counter(registry, topic, group, listener, outcome.tag()));
        }
        succeeded = MessagingMetric.HANDLER.timer(registry, topic, group, listener, "success");
        failed = MessagingMetric.HANDLER.timer(registry, topic, group, listener, "failure");
        age = MessagingMetric.AGE.timer(registry, topic, group, listener);
    }

    void count(Outcome outcome) {
        Objects.requireNonNull(ends.get(outcome)).increment();
    }

    Timer handler(boolean success) {
        return success ? succeeded : failed;
    }

    Timer age() {
        return age;
    }
}
