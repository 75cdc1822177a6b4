package io.reliablemessaging.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;

/** Holds the meters of one listener and topic. All of them exist from the first message on, because a rate needs a start at zero. */
final class ArrivalMeters {

    private final Map<ArrivalOutcome, Counter> ends = new EnumMap<>(ArrivalOutcome.class);
    private final Timer succeeded;
    private final Timer failed;
    private final Timer age;

    ArrivalMeters(MeterRegistry registry, String topic, String group, String listener) {
        for (ArrivalOutcome arrivalOutcome : ArrivalOutcome.values()) {
            ends.put(
                    arrivalOutcome,
                    MessagingMetric.DELIVERIES.counter(registry, topic, group, listener, arrivalOutcome.tag()));
        }
        succeeded = MessagingMetric.HANDLER.timer(registry, topic, group, listener, "success");
        failed = MessagingMetric.HANDLER.timer(registry, topic, group, listener, "failure");
        age = MessagingMetric.AGE.timer(registry, topic, group, listener);
    }

    void count(ArrivalOutcome arrivalOutcome) {
        Objects.requireNonNull(ends.get(arrivalOutcome)).increment();
    }

    Timer handler(boolean success) {
        return success ? succeeded : failed;
    }

    Timer age() {
        return age;
    }
}
