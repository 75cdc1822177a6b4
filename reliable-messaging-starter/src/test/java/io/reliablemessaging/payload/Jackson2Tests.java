package io.reliablemessaging.payload;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.TreeNode;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.JsonSerializable;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import com.fasterxml.jackson.databind.annotation.JsonSerialize;
import com.fasterxml.jackson.databind.jsontype.TypeSerializer;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.util.RawValue;
import io.reliablemessaging.wire.KafkaConnection;
import java.lang.reflect.Type;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.kafka.autoconfigure.KafkaProperties;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.core.ParameterizedTypeReference;
import org.springframework.kafka.support.serializer.JacksonJsonSerializer;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.module.SimpleModule;
import tools.jackson.databind.ser.std.ToStringSerializer;

/** What is left of Jackson 2 after the move to Boot 4 is refused or named, and never written otherwise than it is meant. */
@ExtendWith(OutputCaptureExtension.class)
class Jackson2Tests {

    private static final JsonNode TREE = new ObjectMapper().createObjectNode().put("a", 1);

    record Plain(@JsonProperty("n") String name) {}

    record Holder(Object content) {}

    record Typed(JsonNode content) {}

    @JsonNaming
    record Named(String name) {}

    record Nested(List<Inherited> all) {}

    static class Parent {
        @JsonSerialize
        public String value = "v";
    }

    static final class Inherited extends Parent {}

    static final class ByConstructor {
        public final String value;

        ByConstructor(@JsonDeserialize @JsonProperty("value") String value) {
            this.value = value;
        }
    }

    @JsonDeserialize
    @tools.jackson.databind.annotation.JsonDeserialize
    record ForBoth(String name) {}

    /** Writes itself, as Jackson 2 would ask it to. */
    static final class Own implements JsonSerializable {
        public String getSecret() {
            return "secret";
        }

        @Override
        public void serialize(JsonGenerator generator, SerializerProvider serializers) {}

        @Override
        public void serializeWithType(
                JsonGenerator generator, SerializerProvider serializers, TypeSerializer typeSerializer) {}
    }

    @Test
    void treesAreRefusedWhereverTheyAre() {
        for (Object payload : Arrays.asList(
                TREE,
                TREE.get("a"),
                new RawValue("{}"),
                new Own(),
                new Holder(TREE),
                new Typed(TREE),
                List.of(Map.of("key", Optional.of(TREE))),
                new Object[] {TREE},
                new Holder(new Typed[] {new Typed(TREE)}))) {
            Throwable failure = catchThrowable(() -> encode(codec(new JsonMapper()), payload));
            assertThat(Jackson2TreeException.in(failure))
                    .as("%s", payload.getClass())
                    .isNotNull()
                    .hasMessageContaining(" belongs to Jackson 2");
        }
    }

    @Test
    void whatOnlyMightHoldATreeIsWritten() {
        PayloadCodec codec = codec(new JsonMapper());
        assertThat(encode(codec, new Typed(null))).isEqualTo("{\"content\":null}");
        assertThat(encode(codec, new Holder("text"))).isEqualTo("{\"content\":\"text\"}");
        assertThat(encode(codec, tools.jackson.databind.node.JsonNodeFactory.instance.objectNode()))
                .isEqualTo("{}");
    }

    @Test
    void aSerializerThatTheApplicationHasRegisteredForThemIsUsed() {
        SimpleModule bridge = new SimpleModule().addSerializer(JsonNode.class, ToStringSerializer.instance);
        PayloadCodec codec = codec(JsonMapper.builder().addModule(bridge).build());
        assertThat(encode(codec, new Holder(TREE))).isEqualTo("{\"content\":\"{\\\"a\\\":1}\"}");
    }

    @Test
    void springKafkasSerializerWritesNoTreesEither() {
        KafkaProperties kafka = new KafkaProperties();
        kafka.getProducer().setValueSerializer(JacksonJsonSerializer.class);
        PayloadCodec codec =
                new PayloadCodec(new KafkaConnection(kafka, () -> List.of("localhost:1")), new JsonMapper());
        assertThatExceptionOfType(Jackson2TreeException.class).isThrownBy(() -> encode(codec, TREE));
    }

    @Test
    void ignoredAnnotationsAreNamedOnceForEachClass(CapturedOutput output) {
        PayloadCodec codec = codec(new JsonMapper());
        for (int i = 0; i < 2; i++) {
            assertThat(encode(codec, new Named("n"))).isEqualTo("{\"name\":\"n\"}");
            encode(codec, new Nested(List.of(new Inherited())));
            encode(codec, new ByConstructor("v"));
        }
        assertThat(output)
                .containsOnlyOnce("Payload class %s has @JsonNaming of Jackson 2".formatted(Named.class.getName()))
                .containsOnlyOnce(
                        "Payload class %s has @JsonSerialize of Jackson 2".formatted(Inherited.class.getName()))
                .containsOnlyOnce("Payload class %s has @JsonDeserialize".formatted(ByConstructor.class.getName()))
                .contains("Import tools.jackson.databind.annotation.JsonNaming instead")
                .doesNotContain("Payload class %s".formatted(Nested.class.getName()));
    }

    @Test
    void annotationsOfBothAreFine(CapturedOutput output) {
        encode(codec(new JsonMapper()), new Plain("n"));
        encode(codec(new JsonMapper()), new ForBoth("n"));
        assertThat(output).doesNotContain("Payload class");
    }

    @Test
    void whatAHandlerTakesIsLookedAtBeforeAnyMessage(CapturedOutput output) {
        PayloadCodec codec = codec(new JsonMapper());
        codec.prepare(new ParameterizedTypeReference<List<Nested>>() {}.getType());
        assertThat(output).containsOnlyOnce("Payload class %s has @JsonSerialize".formatted(Inherited.class.getName()));
        codec.decode("topic", new RecordHeaders(), "{\"all\":[{\"value\":\"v\"}]}".getBytes(UTF_8), Nested.class);
        assertThat(output).containsOnlyOnce("Payload class %s has @JsonSerialize".formatted(Inherited.class.getName()));
    }

    @Test
    void noHandlerIsGivenATree() {
        for (Type type : List.of(
                JsonNode.class,
                ObjectNode.class,
                TreeNode.class,
                JsonNode[][].class,
                new ParameterizedTypeReference<Map<String, ? extends List<JsonNode>>>() {}.getType(),
                new ParameterizedTypeReference<List<JsonNode>[]>() {}.getType())) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> codec(new JsonMapper()).prepare(type))
                    .as("%s", type)
                    .withMessageContaining("takes com.fasterxml.jackson")
                    .withMessageContaining("of Jackson 2");
        }
        codec(new JsonMapper()).prepare(tools.jackson.databind.JsonNode.class);
        codec(new JsonMapper()).prepare(Typed.class); // it may never be there
    }

    @Test
    void aDeserializerThatTheApplicationHasRegisteredForThemIsUsed() {
        SimpleModule bridge = new SimpleModule().addDeserializer(JsonNode.class, new Bridge());
        PayloadCodec codec = codec(JsonMapper.builder().addModule(bridge).build());
        codec.prepare(JsonNode.class);
        codec.prepare(new ParameterizedTypeReference<List<JsonNode>>() {}.getType());
        assertThat(codec.decode("topic", new RecordHeaders(), "{\"a\":1}".getBytes(UTF_8), JsonNode.class))
                .isEqualTo(TREE);
    }

    private static final class Bridge extends tools.jackson.databind.ValueDeserializer<JsonNode> {
        @Override
        public JsonNode deserialize(
                tools.jackson.core.JsonParser parser, tools.jackson.databind.DeserializationContext context) {
            try {
                return new ObjectMapper().readTree(context.readTree(parser).toString());
            } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    private static String encode(PayloadCodec codec, Object payload) {
        return new String(codec.encode("topic", new RecordHeaders(), payload), UTF_8);
    }

    private static PayloadCodec codec(JsonMapper mapper) {
        return new PayloadCodec(new KafkaConnection(new KafkaProperties(), () -> List.of("localhost:1")), mapper);
    }
}
