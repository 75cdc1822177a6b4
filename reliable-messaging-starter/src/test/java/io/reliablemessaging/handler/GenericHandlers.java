package io.reliablemessaging.handler;

import io.reliablemessaging.IncomingMessage;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.springframework.kafka.support.KafkaHeaders;
import org.springframework.kafka.support.KafkaNull;
import org.springframework.messaging.Message;
import org.springframework.messaging.MessageHeaders;

/** Handlers whose payload is a type variable, and what handlers have taken, as text. */
@SuppressWarnings("unused")
class GenericHandlers<T> {

    static final String DEAD = "dead letter";

    /** What becomes of a parameter: of the message {@code {"id":"a"}} on orders-3@42 with key "key", and of a tombstone. */
    @Retention(RetentionPolicy.RUNTIME)
    @interface Kind {
        /** First cell of its row in docs/listeners.md. */
        String row();

        String gets() default "";

        String tombstone() default "";

        /** Part of why it is refused. */
        String refused() default "";

        /** The payload. */
        String payload() default "{\"id\":\"a\"}";
    }

    final List<String> taken = new ArrayList<>();

    void took(Object... values) {
        Stream.of(values).map(GenericHandlers::text).forEach(taken::add);
    }

    private static String text(Object value) {
        if (value instanceof byte[] bytes) {
            return "bytes " + new String(bytes, StandardCharsets.UTF_8);
        }
        if (value instanceof ConsumerRecord<?, ?> r) {
            return "%s-%d@%d %d %s=%s %d"
                    .formatted(
                            r.topic(),
                            r.partition(),
                            r.offset(),
                            r.timestamp(),
                            text(r.key()),
                            text(r.value()),
                            Stream.of(r.headers().toArray()).count());
        }
        if (value instanceof IncomingMessage<?> m) {
            return "%s-%d@%d#%d %s=%s"
                    .formatted(m.topic(), m.partition(), m.offset(), m.attempt(), m.key(), m.payload());
        }
        if (value instanceof Message<?> m) {
            return "%s %s"
                    .formatted(
                            m.getPayload() instanceof KafkaNull ? "KafkaNull" : m.getPayload(), text(m.getHeaders()));
        }
        return value instanceof MessageHeaders h
                ? "%s %s %s %s".formatted(h.getId(), h.getTimestamp(), h.get(KafkaHeaders.OFFSET), h.get("tenant"))
                : String.valueOf(value);
    }

    @Kind(row = "`T`, `IncomingMessage<T>`, ... in a class `Base<T>`", gets = "OrderPlaced[id=a]", tombstone = "null")
    void variable(T payload) {
        took(payload);
    }

    @Kind(
            row = "`T`, `IncomingMessage<T>`, ... in a class `Base<T>`",
            gets = "[OrderPlaced[id=a]]",
            payload = "[{\"id\":\"a\"}]",
            tombstone = "null")
    void variableInside(IncomingMessage<List<? extends T>> message) {
        took(message.payload());
    }

    @Kind(
            row = "`T`, `IncomingMessage<T>`, ... in a class `Base<T>`",
            gets = "[OrderPlaced[id=a]]",
            payload = "[{\"id\":\"a\"}]",
            tombstone = "null")
    void variableArray(T[] payloads) {
        took(payloads == null ? null : List.of(payloads));
    }
}
