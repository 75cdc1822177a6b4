package io.reliablemessaging.tracing;

import io.micrometer.common.KeyValues;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import io.micrometer.observation.transport.ReceiverContext;
import io.micrometer.observation.transport.SenderContext;
import io.reliablemessaging.Delivery;
import io.reliablemessaging.wire.WireHeaders;
import io.reliablemessaging.wire.WireMessage;
import java.util.List;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/**
 * Observes the steps of a message's way. Publishing writes the trace into the message's headers; the outbox, the topic and the
 * table of parked messages store the headers byte for byte, so that every later step continues the
 * trace. Without an observation registry all of this does nothing; if it fails, the message is not affected.
 */
public final class MessageTracing {

    private static final String TOPIC = "messaging.destination.name";

    // the headers in which W3C and B3 carry the trace
    private static final List<String> TRACES = List.of("traceparent", "b3", "X-B3-TraceId");

    private final ObservationRegistry registry;

    MessageTracing(ObservationRegistry registry) {
        this.registry = registry;
    }

    /**
     * Begins to observe a publication.
     *
     * @param headers headers of the message, to which the trace is added
     */
    public ObservedStep publishing(String topic, Headers headers) {
        if (registry.isNoop()) {
            return ObservedStep.NOTHING;
        }
        SenderContext<Headers> context = new SenderContext<>(MessageTracing::put, TracedStep.PUBLISH.kind());
        context.setCarrier(headers);
        return begin(TracedStep.PUBLISH, topic, context, KeyValues.of(TOPIC, topic));
    }

    /** Begins to observe the sending of a stored message. A message without a trace is not observed, since it would begin a new one. */
    public ObservedStep sending(WireMessage message) {
        if (registry.isNoop() || !carriesTrace(message.headers())) {
            return ObservedStep.NOTHING;
        }
        ReceiverContext<Headers> context = new ReceiverContext<>(WireHeaders::text, TracedStep.SEND.kind());
        context.setCarrier(message.headers());
        ObservedStep observedStep =
                begin(TracedStep.SEND, message.topic(), context, KeyValues.of(TOPIC, message.topic()));
        observedStep.message(message.id());
        return observedStep;
    }

    /** Begins to observe a call of a handler. */
    public ObservedStep handling(Delivery delivery, Headers headers) {
        if (registry.isNoop()) {
            return ObservedStep.NOTHING;
        }
        ReceiverContext<Headers> context = new ReceiverContext<>(WireHeaders::text, TracedStep.PROCESS.kind());
        context.setCarrier(headers);
        ObservedStep observedStep = begin(
                TracedStep.PROCESS,
                delivery.topic(),
                context,
                KeyValues.of(
                        TOPIC,
                        delivery.topic(),
                        "messaging.consumer.group.name",
                        delivery.group(),
                        "reliable.messaging.listener",
                        delivery.listener()));
        observedStep.message(delivery.id());
        observedStep.detail("messaging.destination.partition.id", delivery.partition());
        observedStep.detail("messaging.kafka.offset", delivery.offset());
        observedStep.detail("reliable.messaging.attempt", delivery.attempt());
        return observedStep;
    }

    private static boolean carriesTrace(Headers headers) {
        for (String name : TRACES) {
            if (headers.lastHeader(name) != null) {
                return true;
            }
        }
        return false;
    }

    private ObservedStep begin(TracedStep tracedStep, String topic, Observation.Context context, KeyValues about) {
        try {
            Observation observation = Observation.createNotStarted(tracedStep.id(), () -> context, registry)
                    .contextualName(tracedStep.span(topic))
                    .lowCardinalityKeyValue("messaging.system", "kafka")
                    .lowCardinalityKeyValues(about)
                    .start();
            return observation.isNoop() ? ObservedStep.NOTHING : new ObservedStep(observation);
        } catch (RuntimeException | Error e) {
            ObservedStep.failed(e);
            return ObservedStep.NOTHING;
        }
    }

    private static void put(@Nullable Headers headers, String name, String value) {
        if (headers != null) {
            WireHeaders.put(headers, name, value);
        }
    }
}
