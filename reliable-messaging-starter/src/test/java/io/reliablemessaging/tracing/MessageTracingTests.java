package io.reliablemessaging.tracing;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import io.micrometer.observation.ObservationRegistry;
import io.micrometer.observation.transport.ReceiverContext;
import io.reliablemessaging.Delivery;
import io.reliablemessaging.MessageId;
import io.reliablemessaging.wire.WireHeaders;
import io.reliablemessaging.wire.WireMessage;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;

/** What is observed, and what is left alone. */
class MessageTracingTests {

    private final List<String> observed = new ArrayList<>();
    private final ObservationRegistry registry = ObservationRegistry.create();
    private final MessageTracing tracing = new MessageTracing(registry);

    private void observe() {
        registry.observationConfig().observationHandler(new ObservationHandler<>() {
            @Override
            public void onStop(Observation.Context context) {
                observed.add(context.getContextualName());
            }

            @Override
            public boolean supportsContext(Observation.Context context) {
                return true;
            }
        });
    }

    @Test
    void withoutAnObserverThereIsNothingToDo() {
        Headers headers = new RecordHeaders();
        assertThat(tracing.publishing("orders", headers)).isSameAs(ObservedStep.NOTHING);
        assertThat(tracing.sending(message("traceparent"))).isSameAs(ObservedStep.NOTHING);
        assertThat(headers).isEmpty();
    }

    @Test
    void theRelayObservesOnlyMessagesThatCarryATrace() {
        observe();
        assertThat(tracing.sending(message("colour"))).isSameAs(ObservedStep.NOTHING);
        tracing.sending(message("traceparent")).end(null);
        tracing.sending(message("b3")).end(null);
        assertThat(observed).containsExactly("send orders", "send orders");
    }

    @Test
    void whatIsSwitchedOffIsNotObserved() {
        observe();
        registry.observationConfig().observationPredicate((name, context) -> !name.startsWith("reliable.messaging"));
        assertThat(tracing.publishing("orders", new RecordHeaders())).isSameAs(ObservedStep.NOTHING);
    }

    @Test
    void aTraceThatCannotBeReadDisturbsNobody() {
        registry.observationConfig().observationHandler(new ObservationHandler<ReceiverContext<Object>>() {
            @Override
            public void onStart(ReceiverContext<Object> context) {
                String trace = context.getGetter().get(context.getCarrier(), "traceparent");
                observed.add(String.valueOf(trace));
                throw new IllegalArgumentException("no trace");
            }

            @Override
            public boolean supportsContext(Observation.Context context) {
                return context instanceof ReceiverContext;
            }
        });
        for (byte[] odd : new byte[][] {null, {}, {0}, {(byte) 0xff, '-'}}) {
            Headers headers = new RecordHeaders();
            headers.add("traceparent", odd);
            Delivery delivery = new Delivery("l", "g", MessageId.at(Instant.EPOCH), "orders", 0, 0, 1, Instant.EPOCH);
            assertThat(tracing.handling(delivery, headers)).isSameAs(ObservedStep.NOTHING);
            assertThat(tracing.sending(new WireMessage(delivery.id(), "orders", null, null, null, headers)))
                    .isSameAs(ObservedStep.NOTHING);
        }
        assertThat(observed).contains("null", "", "\0", "\ufffd-");
    }

    private static WireMessage message(String header) {
        Headers headers = new RecordHeaders();
        WireHeaders.put(headers, header, "x");
        return new WireMessage(MessageId.at(Instant.EPOCH), "orders", null, null, null, headers);
    }
}
