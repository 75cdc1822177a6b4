package io.reliablemessaging.wire;

import java.lang.reflect.Type;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.common.utils.Utils;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/**
 * Turns payloads into bytes and back. {@code byte[]} and {@code String} travel as they are. Everything else goes through
 * the application's Kafka serializer if it has configured one that is not for strings, or else is JSON.
 */
public final class PayloadCodec implements AutoCloseable {

    private final @Nullable Serializer<Object> serializer;
    private final @Nullable Deserializer<Object> deserializer;
    private final JsonMapper json;

    @SuppressWarnings({"unchecked", "rawtypes"}) // Kafka's serializers are told their type by the value they get
    public PayloadCodec(KafkaConnection kafka, JsonMapper json) {
        Map<String, Object> producer = kafka.producer();
        Map<String, Object> consumer = kafka.consumer();
        this.json = json;
        this.serializer = configured(producer, "value.serializer", Serializer.class, StringSerializer.class);
        this.deserializer = configured(consumer, "value.deserializer", Deserializer.class, StringDeserializer.class);
        if (serializer != null) {
            serializer.configure(producer, false);
        }
        if (deserializer != null) {
            deserializer.configure(consumer, false);
        }
    }

    /** Bytes of a payload; a serializer may add headers. */
    public byte @Nullable [] encode(String topic, Headers headers, @Nullable Object payload) {
        if (payload == null) {
            return null;
        }
        if (payload instanceof byte[] bytes) {
            return bytes.clone();
        }
        if (payload instanceof String text) {
            return text.getBytes(StandardCharsets.UTF_8);
        }
        return serializer == null ? json.writeValueAsBytes(payload) : serializer.serialize(topic, headers, payload);
    }

    /** Payload of the given type; null bytes are a tombstone and stay null. */
    public @Nullable Object decode(String topic, Headers headers, byte @Nullable [] bytes, Type type) {
        if (bytes == null) {
            return null;
        }
        if (type == byte[].class) {
            return bytes;
        }
        if (type == String.class) {
            return new String(bytes, StandardCharsets.UTF_8);
        }
        return deserializer == null
                ? json.readValue(bytes, json.constructType(type))
                : deserializer.deserialize(topic, headers, bytes);
    }

    @Override
    public void close() {
        Utils.closeQuietly(serializer, "serializer");
        Utils.closeQuietly(deserializer, "deserializer");
    }

    private static <T> @Nullable T configured(
            Map<String, Object> config, String name, Class<T> kind, Class<? extends T> standard) {
        Object value = config.get(name);
        if (value == null || value == standard || standard.getName().equals(value)) {
            return null;
        }
        try {
            return value instanceof Class<?> type
                    ? kind.cast(Utils.newInstance(type))
                    : Utils.newInstance(value.toString(), kind);
        } catch (ClassNotFoundException | ClassCastException e) {
            throw new IllegalStateException(
                    "%s=%s is not a %s; correct it under spring.kafka".formatted(name, value, kind.getName()), e);
        }
    }
}
