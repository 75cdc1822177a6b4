package io.reliablemessaging.payload;

import static java.nio.charset.StandardCharsets.UTF_16;
import static java.nio.charset.StandardCharsets.UTF_16LE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.reliablemessaging.UnrecoverableMessageException;
import io.reliablemessaging.wire.KafkaConnection;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.reflect.Type;
import java.net.ConnectException;
import java.nio.ByteBuffer;
import java.nio.charset.Charset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteBufferDeserializer;
import org.apache.kafka.common.serialization.ByteBufferSerializer;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.IntegerDeserializer;
import org.apache.kafka.common.serialization.Serializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.kafka.autoconfigure.KafkaProperties;
import org.springframework.core.ParameterizedTypeReference;
import org.springframework.kafka.support.serializer.ErrorHandlingDeserializer;
import org.springframework.kafka.support.serializer.JacksonJsonDeserializer;
import org.springframework.kafka.support.serializer.JacksonJsonSerializer;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What payloads become, with the deserializers that hosts have. */
class PayloadCodecTests {

    private static final Type OPTIONAL = new ParameterizedTypeReference<Optional<Parcel>>() {}.getType();
    private static final Type PARCELS = new ParameterizedTypeReference<List<Parcel>>() {}.getType();

    record Parcel(String name, int weight) {}

    /** Says that a value which is there is not. */
    public static final class Forgetful implements Deserializer<Object>, Serializer<Object> {
        @Override
        public Object deserialize(String topic, byte[] data) {
            return null;
        }

        @Override
        public byte[] serialize(String topic, Object data) {
            return null;
        }

        @Override
        public void configure(Map<String, ?> configs, boolean isKey) {}

        @Override
        public void close() {}
    }

    /** Needs a registry, which is away. */
    public static final class Remote implements Deserializer<Object> {
        @Override
        public Object deserialize(String topic, byte[] data) {
            throw new SerializationException("Schema 7", new ConnectException("Connection refused"));
        }
    }

    @Test
    void deserializersChangeACopyOfTheHeaders() {
        PayloadCodec codec = codec(JacksonJsonDeserializer.class, "spring.json.trusted.packages=*");
        Headers headers = new RecordHeaders();
        byte[] value = serialised(new Parcel("one", 1), headers);
        assertThat(headers.lastHeader("__TypeId__")).isNotNull();
        for (int attempt = 1; attempt <= 2; attempt++) {
            assertThat(codec.decode("topic", headers, value, Parcel.class)).isEqualTo(new Parcel("one", 1));
            assertThat(headers.lastHeader("__TypeId__"))
                    .as("after attempt " + attempt)
                    .isNotNull();
        }
    }

    @Test
    void handlersChangeACopyOfTheBytes() {
        byte[] value = "abc".getBytes(UTF_8);
        byte[] bytes = (byte[]) codec(null).decode("topic", new RecordHeaders(), value, byte[].class);
        bytes[0] = 'x';
        ByteBuffer buffer = (ByteBuffer)
                codec(ByteBufferDeserializer.class).decode("topic", new RecordHeaders(), value, ByteBuffer.class);
        buffer.put(0, (byte) 'x');
        byte[] any =
                (byte[]) codec(ByteArrayDeserializer.class).decode("topic", new RecordHeaders(), value, Object.class);
        any[0] = 'x';
        assertThat(value).asString(UTF_8).isEqualTo("abc");
    }

    @Test
    void publishersChangeACopyOfTheBytes() {
        byte[] value = "abc".getBytes(UTF_8);
        PayloadCodec codec = publishing(ByteBufferSerializer.class);
        byte[] published = codec.encode("topic", new RecordHeaders(), ByteBuffer.wrap(value));
        value[0] = 'x';
        assertThat(published).asString(UTF_8).isEqualTo("abc");
    }

    @Test
    void whatAnErrorHandlingDeserializerHidesIsSaid() {
        PayloadCodec codec = codec(
                ErrorHandlingDeserializer.class,
                "spring.deserializer.value.delegate.class=" + JacksonJsonDeserializer.class.getName(),
                "spring.json.value.default.type=" + Parcel.class.getName());
        assertUnrecoverable(codec, "{\"name\": secret", Parcel.class)
                .withMessageContaining("cannot be read as " + Parcel.class.getName())
                .withMessageContaining("line 1")
                .withMessageContaining(ErrorHandlingDeserializer.class.getName());
        Headers headers = new RecordHeaders();
        headers.add("springDeserializerExceptionValue", new byte[] {1, 2, 3});
        assertThat(codec.decode("topic", headers, "{\"name\":\"n\",\"weight\":1}".getBytes(UTF_8), Parcel.class))
                .as("a stranger's header is no failure")
                .isEqualTo(new Parcel("n", 1));
    }

    @Test
    void aFailureQuotesThePayloadNowhere() {
        for (PayloadCodec codec : List.of(
                codec(null),
                codec(JacksonJsonDeserializer.class, "spring.json.value.default.type=" + Parcel.class.getName()),
                codec(
                        ErrorHandlingDeserializer.class,
                        "spring.deserializer.value.delegate.class=" + JacksonJsonDeserializer.class.getName(),
                        "spring.json.value.default.type=" + Parcel.class.getName()))) {
            for (String value : List.of("secret", "{\"name\":\"n\",\"weight\":\"secret\"}", "{\"secret\": nope}")) {
                assertThatExceptionOfType(UnrecoverableMessageException.class)
                        .isThrownBy(
                                () -> codec.decode("topic", new RecordHeaders(), value.getBytes(UTF_8), Parcel.class))
                        .satisfies(e -> {
                            StringWriter all = new StringWriter();
                            e.printStackTrace(new PrintWriter(all));
                            assertThat(all.toString())
                                    .doesNotContain("secret", "nope", java.util.Arrays.toString(value.getBytes(UTF_8)))
                                    .contains("Caused by", "jackson");
                        });
            }
        }
    }

    @Test
    void nullForAValueThatIsThereIsRefused() {
        assertUnrecoverable(codec(Forgetful.class), "something", Parcel.class)
                .withMessageContaining("returned null for a value of 9 bytes")
                .withMessageContaining("spring.kafka.consumer.value-deserializer");
        assertThatIllegalStateException()
                .isThrownBy(
                        () -> publishing(Forgetful.class).encode("topic", new RecordHeaders(), new Parcel("secret", 1)))
                .withMessageContaining("tombstone")
                .withMessageNotContaining("secret");
    }

    @Test
    void anObjectOfAnotherTypeIsRefused() {
        assertUnrecoverable(codec(ByteArrayDeserializer.class), "something", Parcel.class)
                .withMessageContaining("takes " + Parcel.class.getName())
                .withMessageContaining("byte[]")
                .withMessageContaining("spring.kafka.consumer.value-deserializer");
        PayloadCodec json =
                codec(JacksonJsonDeserializer.class, "spring.json.value.default.type=" + Parcel.class.getName());
        assertUnrecoverable(json, "{\"name\":\"secret\",\"weight\":1}", PARCELS)
                .withMessageContaining("java.util.List");
        assertThat(codec(IntegerDeserializer.class)
                        .decode("topic", new RecordHeaders(), new byte[] {0, 0, 0, 7}, int.class))
                .isEqualTo(7);
    }

    @Test
    void theJsonValueNullIsRefusedWhateverItsEncoding() {
        List<byte[]> encoded = List.of(
                "\ufeffnull".getBytes(UTF_8),
                "null".getBytes(UTF_16LE),
                "null".getBytes(UTF_16),
                "null".getBytes(Charset.forName("UTF-32BE")));
        PayloadCodec codec = codec(null);
        for (Type type : List.of(Parcel.class, JsonNode.class, OPTIONAL)) {
            assertThat(encoded)
                    .allSatisfy(value -> assertThatExceptionOfType(UnrecoverableMessageException.class)
                            .isThrownBy(() -> codec.decode("topic", new RecordHeaders(), value, type))
                            .withMessageContaining("JSON value null"));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"null", " null\n", "\tnull "})
    void theJsonValueNullIsNoTombstone(String value) {
        for (Type type : List.of(Parcel.class, OPTIONAL, JsonNode.class, Object.class, int.class)) {
            assertUnrecoverable(codec(null), value, type).withMessageContaining("JSON value null");
        }
        PayloadCodec json =
                codec(JacksonJsonDeserializer.class, "spring.json.value.default.type=" + Parcel.class.getName());
        assertUnrecoverable(json, value, Parcel.class).withMessageContaining("tombstone");
        assertThat(codec(null).decode("topic", new RecordHeaders(), value.getBytes(UTF_8), String.class))
                .isEqualTo(value);
    }

    @Test
    void onlyARecordWithoutAValueIsATombstone() {
        for (PayloadCodec codec : List.of(codec(null), codec(ByteArrayDeserializer.class))) {
            assertThat(codec.decode("topic", new RecordHeaders(), null, Parcel.class))
                    .isNull();
            assertThatExceptionOfType(UnrecoverableMessageException.class)
                    .isThrownBy(() -> codec.decode("topic", new RecordHeaders(), null, int.class))
                    .withMessageContaining("let it take Integer");
        }
        assertUnrecoverable(codec(null), "", Parcel.class);
    }

    @Test
    void aRegistryThatIsAwayIsNotTheFaultOfThePayload() {
        assertThatExceptionOfType(SerializationException.class)
                .isThrownBy(() -> codec(Remote.class).decode("topic", new RecordHeaders(), new byte[1], Parcel.class));
        assertThatExceptionOfType(SerializationException.class)
                .isThrownBy(() -> codec(
                                ErrorHandlingDeserializer.class,
                                "spring.deserializer.value.delegate.class=" + Remote.class.getName())
                        .decode("topic", new RecordHeaders(), new byte[1], Parcel.class));
    }

    private static org.assertj.core.api.ThrowableAssertAlternative<UnrecoverableMessageException> assertUnrecoverable(
            PayloadCodec codec, String value, Type type) {
        return assertThatExceptionOfType(UnrecoverableMessageException.class)
                .isThrownBy(() -> codec.decode("topic", new RecordHeaders(), value.getBytes(UTF_8), type))
                .withMessageNotContaining("secret");
    }

    private static byte[] serialised(Object payload, Headers headers) {
        return publishing(JacksonJsonSerializer.class).encode("topic", headers, payload);
    }

    private static PayloadCodec codec(Class<?> deserializer, String... properties) {
        KafkaProperties kafka = new KafkaProperties();
        if (deserializer != null) {
            kafka.getConsumer().setValueDeserializer(deserializer);
        }
        for (String property : properties) {
            int equals = property.indexOf('=');
            kafka.getConsumer().getProperties().put(property.substring(0, equals), property.substring(equals + 1));
        }
        return new PayloadCodec(new KafkaConnection(kafka, () -> List.of("localhost:1")), new JsonMapper());
    }

    private static PayloadCodec publishing(Class<?> serializer) {
        KafkaProperties kafka = new KafkaProperties();
        kafka.getProducer().setValueSerializer(serializer);
        return new PayloadCodec(new KafkaConnection(kafka, () -> List.of("localhost:1")), new JsonMapper());
    }
}
