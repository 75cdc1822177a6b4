package io.reliablemessaging.payload;

import io.reliablemessaging.InvalidMessageException;
import io.reliablemessaging.UnrecoverableMessageException;
import io.reliablemessaging.payload.UnreadablePayloadException.Reading;
import io.reliablemessaging.wire.KafkaConnection;
import io.reliablemessaging.wire.Utf8;
import java.io.Closeable;
import java.lang.reflect.Type;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.common.utils.Utils;
import org.jspecify.annotations.Nullable;
import org.springframework.kafka.support.serializer.JacksonJsonSerializer;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.exc.InvalidDefinitionException;
import tools.jackson.databind.json.JsonMapper;

/**
 * Converts payloads to bytes and back. {@code byte[]} and {@code String} are sent as they are. Everything else goes through
 * the application's Kafka serializer if one is configured that is not for strings, or else is written as JSON. Thread-safe;
 * an instance of a serializer or deserializer is used by one thread at a time.
 */
public final class PayloadCodec implements AutoCloseable {

    private static final String SERIALIZER = "value.serializer";
    private static final String DESERIALIZER = "value.deserializer";
    private static final int LEAST_INSTANCES = 4;

    private final @Nullable SerdePool<Serializer<Object>> serializers;
    private final @Nullable PayloadReader reader;
    private final Jackson2Module jackson2 = new Jackson2Module();
    private final JsonMapper json;

    @SuppressWarnings({"unchecked", "rawtypes"}) // the type of Kafka's serializers depends on the value they get
    public PayloadCodec(KafkaConnection kafka, JsonMapper json) {
        Map<String, Object> producer = kafka.producer();
        Map<String, Object> consumer = kafka.consumer();
        this.json = refusingTrees(json);
        this.serializers = isConfigured(producer, SERIALIZER, StringSerializer.class)
                ? pool(
                        producer,
                        SERIALIZER,
                        (Class<Serializer<Object>>) (Class) Serializer.class,
                        each -> each.configure(producer, false))
                : null;
        this.reader = isConfigured(consumer, DESERIALIZER, StringDeserializer.class)
                ? new PayloadReader(pool(
                        consumer,
                        DESERIALIZER,
                        (Class<Deserializer<Object>>) (Class) Deserializer.class,
                        each -> each.configure(consumer, false)))
                : null;
    }

    /** Tells whether payloads are written or read as JSON, so that a mapper is needed. */
    static boolean needsMapper(KafkaConnection kafka) {
        return !isConfigured(kafka.producer(), SERIALIZER, StringSerializer.class)
                || !isConfigured(kafka.consumer(), DESERIALIZER, StringDeserializer.class);
    }

    // a mapper of a subclass may write differently once it is rebuilt
    private JsonMapper refusingTrees(JsonMapper hosts) {
        return hosts.getClass() == JsonMapper.class
                ? hosts.rebuild().addModule(jackson2).build()
                : hosts;
    }

    /**
     * Prepares for payloads of a type, and warns of ignored annotations in it.
     *
     * @throws IllegalArgumentException if no payload can ever become this type; its message continues a sentence that begins with the method
     */
    public void prepare(Type type) {
        if (reader != null || type == byte[].class || type == String.class) {
            return;
        }
        try {
            var unused = json.reader()
                    .with(DeserializationFeature.EAGER_DESERIALIZER_FETCH)
                    .forType(json.constructType(type));
        } catch (RuntimeException e) {
            // each message of this type will fail with the reason
        }
        Jackson2.treeIn(type).filter(tree -> !jackson2.isReadByHost(tree)).ifPresent(tree -> {
            throw new IllegalArgumentException(
                    "takes %s of Jackson 2, but payloads are read by Jackson 3, which cannot make one"
                            .formatted(tree.getName()));
        });
        requireConcrete(json.constructType(type));
    }

    // refuses an interface or abstract class without a known implementation; an empty object need not be valid
    private void requireConcrete(JavaType type) {
        if (!type.isAbstract() || type.isContainerType() || type.isReferenceType() || type.isPrimitive()) {
            return;
        }
        try {
            var unused = json.readValue("{}", type);
        } catch (InvalidDefinitionException e) {
            if (e.getType() != null && e.getType().getRawClass() == type.getRawClass()) {
                throw new IllegalArgumentException(
                        "takes %s, and Jackson knows no class to make of it".formatted(type.toCanonical()), e);
            }
        } catch (RuntimeException e) {
            // Jackson knows a class, which needs more than an empty object
        }
    }

    /**
     * Writes a payload as bytes; null means a tombstone and stays null.
     *
     * @param headers headers of this message only; a serializer may change them
     * @throws IllegalStateException if the serializer returns null for a payload that is not null
     * @throws InvalidMessageException if it is a text that UTF-8 cannot represent
     */
    public byte @Nullable [] encode(String topic, Headers headers, @Nullable Object payload) {
        if (payload == null) {
            return null;
        }
        if (payload instanceof byte[] bytes) {
            return bytes.clone();
        }
        if (payload instanceof String text) {
            return Utf8.bytes(text, topic, "Payload");
        }
        if (serializers == null) {
            return json.writeValueAsBytes(payload);
        }
        byte[] bytes = serializers.with(each -> serialized(each, topic, headers, payload));
        // Kafka's serializers for these types return the caller's own array, which may change before the commit
        return payload instanceof Bytes || payload instanceof ByteBuffer ? bytes.clone() : bytes;
    }

    private static byte[] serialized(Serializer<Object> serializer, String topic, Headers headers, Object payload) {
        if (serializer.getClass() == JacksonJsonSerializer.class && Jackson2.isTree(payload.getClass())) {
            throw new Jackson2TreeException(payload.getClass());
        }
        byte[] bytes = serializer.serialize(topic, headers, payload);
        if (bytes == null) {
            throw new IllegalStateException(
                    "%s (spring.kafka.producer.value-serializer) returned null for a payload that is not null: consumers would take it for a tombstone"
                            .formatted(serializer.getClass().getName()));
        }
        return bytes;
    }

    /**
     * Reads a payload as the given type. Null bytes are a tombstone, which becomes null. Never changes the headers
     * or the bytes, whatever a deserializer or a handler does.
     *
     * @throws UnrecoverableMessageException if the bytes are no such payload; its message and its causes never quote them
     */
    public @Nullable Object decode(String topic, Headers headers, byte @Nullable [] bytes, Type type) {
        PayloadType wanted = new PayloadType(type);
        if (bytes == null) {
            wanted.requireNullable();
            return null;
        }
        if (type == byte[].class) {
            return bytes.clone();
        }
        if (type == String.class) {
            return new String(bytes, StandardCharsets.UTF_8);
        }
        return reader == null ? fromJson(headers, bytes, wanted) : reader.read(topic, headers, bytes, wanted);
    }

    private Object fromJson(Headers headers, byte[] bytes, PayloadType wanted) {
        try (JsonParser parser = json.createParser(bytes)) {
            if (parser.nextToken() != JsonToken.VALUE_NULL) {
                return Objects.requireNonNull(json.readValue(parser, json.constructType(wanted.type())));
            }
        } catch (RuntimeException e) {
            throw UnreadablePayloadException.of(new Reading(bytes.length, headers, wanted, "JSON"), e);
        }
        // some types read null as an object, such as an empty Optional
        throw new UnrecoverableMessageException(
                "Payload is the JSON value null, which is no %s; only a record without a value is a tombstone"
                        .formatted(wanted.name()));
    }

    @Override
    public void close() {
        Utils.closeQuietly(serializers, "serializers");
        Utils.closeQuietly(reader, "deserializers");
    }

    private static boolean isConfigured(Map<String, Object> config, String name, Class<?> standard) {
        Object value = config.get(name);
        return value != null && value != standard && !standard.getName().equals(value);
    }

    private static <T extends Closeable> SerdePool<T> pool(
            Map<String, Object> config, String name, Class<T> kind, Consumer<T> configure) {
        int most = Math.max(LEAST_INSTANCES, 2 * Runtime.getRuntime().availableProcessors());
        return new SerdePool<>(
                () -> {
                    T instance = instance(Objects.requireNonNull(config.get(name)), name, kind);
                    configure.accept(instance);
                    return instance;
                },
                most);
    }

    private static <T> T instance(Object value, String name, Class<T> kind) {
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
