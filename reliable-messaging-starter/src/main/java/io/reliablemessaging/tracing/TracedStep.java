package io.reliablemessaging.tracing;

import io.micrometer.observation.transport.Kind;
import java.util.Locale;

/** The observed steps; {@code docs/metrics.md} has the same table. */
enum TracedStep {
    PUBLISH(Kind.PRODUCER),
    SEND(Kind.PRODUCER),
    PROCESS(Kind.CONSUMER);

    private final Kind kind;

    TracedStep(Kind kind) {
        this.kind = kind;
    }

    /** Returns the name of the observation. */
    String id() {
        return "reliable.messaging." + verb();
    }

    /** Returns the name of the span. */
    String span(String topic) {
        return verb() + " " + topic;
    }

    Kind kind() {
        return kind;
    }

    private String verb() {
        return name().toLowerCase(Locale.ROOT);
    }
}
