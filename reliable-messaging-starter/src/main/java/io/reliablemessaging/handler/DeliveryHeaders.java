package io.reliablemessaging.handler;

import static java.util.Map.entry;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;
import org.springframework.kafka.support.KafkaHeaders;

/**
 * Reads the headers of a message under Spring's names: those that Kafka tells of the record, and the record's own, the last
 * one of each name. A record's own header never replaces one that Kafka tells.
 */
final class DeliveryHeaders {

    private static final String NOT_OURS =
            "Remove it: offsets are committed after the transaction; to fail, the method throws an exception";
    private static final String ONE_AT_A_TIME =
            "Remove it: the method is called with one message at a time, whatever the transaction mode";
    private static final String WHOLE_RECORD = "Take a ConsumerRecord or an IncomingMessage";

    private record Known(Class<?> type, Function<HandlerMessage, @Nullable Object> value) {}

    // a key is text or bytes, as each parameter wants it
    private static final Map<String, Known> KNOWN = Map.of(
            KafkaHeaders.RECEIVED_TOPIC,
                    new Known(
                            String.class,
                            message -> message.received().message().topic()),
            KafkaHeaders.RECEIVED_PARTITION,
                    new Known(Integer.class, message -> message.received().partition()),
            KafkaHeaders.OFFSET,
                    new Known(Long.class, message -> message.received().offset()),
            KafkaHeaders.RECEIVED_KEY,
                    new Known(
                            String.class,
                            message -> message.received().message().key()),
            KafkaHeaders.RECEIVED_TIMESTAMP,
                    new Known(
                            Long.class,
                            message -> message.received().publishedAt().toEpochMilli()),
            KafkaHeaders.GROUP_ID,
                    new Known(String.class, message -> message.received().group()),
            KafkaHeaders.DELIVERY_ATTEMPT, new Known(Integer.class, HandlerMessage::attempt));

    private static final Map<String, String> NEVER = Map.ofEntries(
            entry(KafkaHeaders.TOPIC, "That one is for sending; name KafkaHeaders.RECEIVED_TOPIC"),
            entry(KafkaHeaders.KEY, "That one is for sending; name KafkaHeaders.RECEIVED_KEY"),
            entry(KafkaHeaders.PARTITION, "That one is for sending; name KafkaHeaders.RECEIVED_PARTITION"),
            entry(KafkaHeaders.TIMESTAMP, "That one is for sending; name KafkaHeaders.RECEIVED_TIMESTAMP"),
            entry(
                    KafkaHeaders.TIMESTAMP_TYPE,
                    "Remove it: KafkaHeaders.RECEIVED_TIMESTAMP is when the message was published, or else the record's timestamp"),
            entry(KafkaHeaders.ACKNOWLEDGMENT, NOT_OURS),
            entry(KafkaHeaders.CONSUMER, NOT_OURS),
            entry(KafkaHeaders.BATCH_CONVERTED_HEADERS, ONE_AT_A_TIME),
            entry(KafkaHeaders.CONVERSION_FAILURES, ONE_AT_A_TIME),
            entry(KafkaHeaders.RAW_DATA, WHOLE_RECORD),
            entry(KafkaHeaders.RECORD_METADATA, WHOLE_RECORD),
            entry(KafkaHeaders.NATIVE_HEADERS, WHOLE_RECORD),
            entry(KafkaHeaders.LISTENER_INFO, "Remove it: a @ReliableListener has no info"));

    // written by Spring Kafka as four or eight bytes
    private static final Set<String> NUMBERS = Set.of(
            KafkaHeaders.DLT_ORIGINAL_PARTITION,
            KafkaHeaders.DLT_ORIGINAL_OFFSET,
            KafkaHeaders.DLT_ORIGINAL_TIMESTAMP,
            KafkaHeaders.ORIGINAL_PARTITION,
            KafkaHeaders.ORIGINAL_OFFSET,
            KafkaHeaders.ORIGINAL_TIMESTAMP);

    private DeliveryHeaders() {}

    /** Returns what to write instead of a header that no message of ours can have; null if a message may have it. */
    static @Nullable String insteadOf(String name) {
        return NEVER.get(name);
    }

    /** Returns the type of a header's value before conversion; a record's own headers are text. */
    static Class<?> typeOf(String name) {
        Known known = KNOWN.get(name);
        if (known != null) {
            return known.type();
        }
        return NUMBERS.contains(name) ? Long.class : String.class;
    }

    /** Returns a header's value, or null. The key and the record's own headers are bytes that must not be changed. */
    static @Nullable Object value(HandlerMessage message, String name) {
        Known known = KNOWN.get(name);
        if (known != null) {
            return known.value().apply(message);
        }
        Header own = message.received().message().headers().lastHeader(name);
        return own == null ? null : value(own);
    }

    /** Returns all headers; the record's own are text, as in {@code IncomingMessage}. */
    static Map<String, Object> all(HandlerMessage message) {
        Map<String, Object> all = new LinkedHashMap<>();
        for (Header own : message.received().message().headers()) {
            Object value = value(own);
            if (value != null && !NEVER.containsKey(own.key())) {
                all.put(own.key(), text(value));
            }
        }
        KNOWN.forEach((name, known) -> {
            all.remove(name); // a sender may have written one
            Object value = known.value().apply(message);
            if (value != null) {
                all.put(name, text(value));
            }
        });
        return all;
    }

    /** Returns bytes as text, and any other value unchanged. */
    static Object text(Object value) {
        return value instanceof byte[] bytes ? new String(bytes, StandardCharsets.UTF_8) : value;
    }

    private static @Nullable Object value(Header own) {
        byte[] bytes = own.value();
        if (bytes != null && NUMBERS.contains(own.key())) {
            if (bytes.length == Integer.BYTES) {
                return ByteBuffer.wrap(bytes).getInt();
            }
            if (bytes.length == Long.BYTES) {
                return ByteBuffer.wrap(bytes).getLong();
            }
        }
        return bytes;
    }
}
