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
    public Traced publishing(String topic, Headers headers) {
        if (registry.isNoop()) {
            return Traced.NOTHING;
        }
        SenderContext<Headers> context = new SenderContext<>(MessageTracing::put, Step.PUBLISH.kind());
        context.setCarrier(headers);
        return begin(Step.PUBLISH, topic, context, KeyValues.of(TOPIC, topic));
    }

    /** Begins to observe the sending of a stored message. A message without a trace is not observed, since it would begin a new one. */
    public Traced sending(WireMessage message) {
        if (registry.isNoop() || !carriesTrace(message.headers())) {
            return Traced.NOTHING;
        }
        ReceiverContext<Headers> context = new ReceiverContext<>(WireHeaders::text, Step.SEND.kind());
        context.setCarrier(message.headers());
        Traced traced = begin(Step.SEND, message.topic(), context, KeyValues.of(TOPIC, message.topic()));
        traced.message(message.id());
        return traced;
    }

    /** Begins to observe a call of a handler. */
    public Traced handling(Delivery delivery, Headers headers) {
        if (registry.isNoop()) {
            return Traced.NOTHING;
        }
        ReceiverContext<Headers> context = new ReceiverContext<>(WireHeaders::text, Step.PROCESS.kind());
        context.setCarrier(headers);
        Traced traced = begin(
                Step.PROCESS,
                delivery.topic(),
                context,
                KeyValues.of(
                        TOPIC,
                        delivery.topic(),
                        "messaging.consumer.group.name",
                        delivery.group(),
                        "reliable.messaging.listener",
                        delivery.listener()));
        traced.message(delivery.id());
        traced.detail("messaging.destination.partition.id", delivery.partition());
        traced.detail("messaging.kafka.offset", delivery.offset());
        traced.detail("reliable.messaging.attempt", delivery.attempt());
        return traced;
    }

    private static boolean carriesTrace(Headers headers) {
        for (String name : TRACES) {
            if (headers.lastHeader(name) != null) {
                return true;
            }
        }
        return false;
    }

    private Traced begin(Step step, String topic, Observation.Context context, KeyValues about) {
        try {
            Observation observation = Observation.createNotStarted(step.id(), () -> context, registry)
                    .contextualName(step.span(topic))
                    .lowCardinalityKeyValue("messaging.system", "kafka")
                    .lowCardinalityKeyValues(about)
                    .start();
            return observation.isNoop() ? Traced.NOTHING : new Traced(observation);
        } catch (RuntimeException | Error e) {
            Traced.failed(e);
            return Traced.NOTHING;
        }
    }

    private static void put(@Nullable Headers headers, String name, String value) {
        if (headers != null) {
            WireHeaders.put(headers, name, value);
        }
    }
}
