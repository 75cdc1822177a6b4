package io.reliablemessaging.hostile;

import io.micrometer.observation.ObservationHandler;
import io.micrometer.tracing.handler.DefaultTracingObservationHandler;
import io.micrometer.tracing.handler.PropagatingReceiverTracingObservationHandler;
import io.micrometer.tracing.otel.bridge.OtelCurrentTraceContext;
import io.micrometer.tracing.otel.bridge.OtelPropagator;
import io.micrometer.tracing.otel.bridge.OtelTracer;
import io.opentelemetry.api.baggage.propagation.W3CBaggagePropagator;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.propagation.ContextPropagators;
import io.opentelemetry.context.propagation.TextMapPropagator;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.reliablemessaging.IncomingMessage;
import io.reliablemessaging.Ordering;
import io.reliablemessaging.ReliableListener;
import io.reliablemessaging.RetryLaterException;
import io.reliablemessaging.TransactionMode;
import io.reliablemessaging.support.Recorder;
import java.time.Duration;
import java.util.Map;
import java.util.function.Function;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.messaging.MessageHeaders;
import org.springframework.messaging.handler.annotation.Headers;
import org.springframework.messaging.handler.annotation.Payload;
import tools.jackson.databind.JsonNode;

/** An application that traces what it handles. */
@Configuration(proxyBeanMethods = false)
@EnableAutoConfiguration
class HostileHost {

    /** Header of messages that fail until they are told not to. */
    static final String BLOCKER = "test-blocker";

    static volatile boolean blocked;

    private static final Duration PATIENCE = Duration.ofMillis(500);

    @Bean
    Recorder recorder() {
        return new Recorder();
    }

    @Bean(destroyMethod = "close")
    SdkTracerProvider provider() {
        return SdkTracerProvider.builder().build();
    }

    @Bean
    ObservationHandler<?> tracingHandler(SdkTracerProvider provider) {
        var otel = provider.get("test");
        OtelTracer tracer = new OtelTracer(otel, new OtelCurrentTraceContext(), event -> {});
        OtelPropagator propagator = new OtelPropagator(
                ContextPropagators.create(TextMapPropagator.composite(
                        W3CTraceContextPropagator.getInstance(), W3CBaggagePropagator.getInstance())),
                otel);
        return new ObservationHandler.FirstMatchingCompositeObservationHandler(
                new PropagatingReceiverTracingObservationHandler<>(tracer, propagator),
                new DefaultTracingObservationHandler(tracer));
    }

    @Bean
    Effects effects(JdbcTemplate sql) {
        sql.execute("create table effect (number bigint generated always as identity, topic text, partition int,"
                + " \"offset\" bigint, value text)");
        return new Effects(sql);
    }

    /** Writes down what it is given, in order; the text too, so that the database has to take it. */
    record Effects(JdbcTemplate sql) {

        <T> void of(IncomingMessage<T> message, Function<T, @Nullable String> text) {
            if (blocked && message.headers().containsKey(BLOCKER)) {
                throw new RetryLaterException(PATIENCE);
            }
            T payload = message.payload();
            sql.update(
                    "insert into effect (topic, partition, \"offset\", value) values (?, ?, ?, ?)",
                    message.topic(),
                    message.partition(),
                    message.offset(),
                    payload == null ? null : text.apply(payload));
        }
    }

    /** A listener for each mode. */
    record Modes(Effects effects) {

        @ReliableListener(id = "hostile-key", topics = "${test.run}-key", groupId = "${test.run}-key")
        void key(IncomingMessage<Parcel> message, MessageHeaders headers) {
            effects.of(message, Parcel::name);
        }

        @ReliableListener(
                id = "hostile-partition",
                topics = "${test.run}-partition",
                groupId = "${test.run}-partition",
                ordering = Ordering.PARTITION)
        void partition(IncomingMessage<Parcel> message, ConsumerRecord<String, Parcel> record) {
            effects.of(message, Parcel::name);
        }

        @ReliableListener(
                id = "hostile-none",
                topics = "${test.run}-none",
                groupId = "${test.run}-none",
                ordering = Ordering.NONE,
                concurrency = 4)
        void none(IncomingMessage<Parcel> message) {
            effects.of(message, Parcel::name);
        }

        @ReliableListener(
                id = "hostile-batch",
                topics = "${test.run}-batch",
                groupId = "${test.run}-batch",
                transaction = TransactionMode.BATCH)
        void batch(IncomingMessage<Parcel> message, @Headers Map<String, String> headers) {
            effects.of(message, Parcel::name);
        }
    }

    /** A listener for each kind of payload. */
    record Payloads(Effects effects) {

        @ReliableListener(id = "hostile-tree", topics = "${test.run}-tree", groupId = "${test.run}-tree")
        void tree(@Payload(required = false) JsonNode payload, IncomingMessage<JsonNode> message) {
            effects.of(message, JsonNode::toString);
        }

        @ReliableListener(id = "hostile-text", topics = "${test.run}-text", groupId = "${test.run}-text")
        void text(@Payload(required = false) String payload, IncomingMessage<String> message) {
            effects.of(message, text -> text);
        }

        @ReliableListener(id = "hostile-bytes", topics = "${test.run}-bytes", groupId = "${test.run}-bytes")
        void bytes(@Payload(required = false) byte[] payload, IncomingMessage<byte[]> message) {
            effects.of(message, bytes -> null);
        }
    }
}
