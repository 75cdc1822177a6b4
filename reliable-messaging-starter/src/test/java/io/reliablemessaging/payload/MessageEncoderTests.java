package io.reliablemessaging.payload;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.reliablemessaging.InvalidMessageException;
import io.reliablemessaging.OutgoingMessage;
import io.reliablemessaging.wire.KafkaConnection;
import io.reliablemessaging.wire.WireHeaders;
import io.reliablemessaging.wire.WireMessage;
import java.time.InstantSource;
import java.util.List;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.kafka.autoconfigure.KafkaProperties;
import tools.jackson.databind.json.JsonMapper;

/** What could not be sent as it is meant fails its sender, with a sentence. */
class MessageEncoderTests {

    private static final Headers NO_TRACE = new RecordHeaders();

    private final MessageEncoder encoder = new MessageEncoder(
            new PayloadCodec(
                    new KafkaConnection(new KafkaProperties(), () -> List.of("localhost:1")), new JsonMapper()),
            100_000_000,
            InstantSource.system());

    record Parcel(String name, Object content) {}

    @ParameterizedTest
    @ValueSource(strings = {"\uD83D", "order \uDE00", "\uD83D\uD83D\uDE00"})
    void halfASurrogatePairIsRefusedWhereverItWouldBecomeAQuestionMark(String half) {
        refused(message().key(half)).withMessageContaining("Key of a message to topic orders");
        refused(message().header("name", half)).withMessageContaining("Header 'name' of a message to topic orders");
        refused(message().header(half, "value")).withMessageContaining("Name of a header of a message to topic orders");
        refused(message().payload(half)).withMessageContaining("Payload of a message to topic orders");
    }

    @Test
    void wholeSurrogatePairsAreSent() {
        String smile = "\uD83D\uDE00";
        WireMessage encoded = encoder.encode(
                message().key(smile).header(smile, smile).payload(smile).build(), NO_TRACE);
        assertThat(encoded.key()).asString(UTF_8).isEqualTo(smile);
        assertThat(encoded.value()).asString(UTF_8).isEqualTo(smile);
        assertThat(WireHeaders.text(encoded.headers(), smile)).isEqualTo(smile);
    }

    /** JSON has a way to write it. */
    @Test
    void halfASurrogatePairInsideAnObjectComesBackAsItWas() {
        Parcel parcel = new Parcel("a\uD83Db", null);
        WireMessage encoded = encoder.encode(message().payload(parcel).build(), NO_TRACE);
        assertThat(new JsonMapper().readValue(encoded.value(), Parcel.class)).isEqualTo(parcel);
    }

    @Test
    void headersOfMoreThanOneMegabyteAreRefusedWithTheirSizeAndTheLargest() {
        String half = "h".repeat(500_000);
        encoder.encode(message().header("first", half).header("second", half).build(), NO_TRACE);
        assertThatExceptionOfType(InvalidMessageException.class)
                .isThrownBy(() -> encoder.encode(
                        message()
                                .header("first", half)
                                .header("large", half + half.substring(0, 60_000))
                                .build(),
                        NO_TRACE))
                .withMessageContaining("Headers of a message to topic orders have 1060")
                .withMessageContaining("at most 1048576")
                .withMessageContaining("'large' with 560005");
    }

    @Test
    void theHeadersOfATraceCountToo() {
        Headers trace = new RecordHeaders().add("baggage", new byte[600_000]);
        assertThatExceptionOfType(InvalidMessageException.class)
                .isThrownBy(() -> encoder.encode(
                        message().header("first", "h".repeat(500_000)).build(), trace))
                .withMessageContaining("'baggage' with 600007");
    }

    @Test
    void aTreeOfJackson2IsRefusedWithItsTypeAndTheWayOut() throws Exception {
        Object tree = new ObjectMapper().readTree("{\"a\": 1}");
        for (Object payload : List.of(tree, new Parcel("secret", List.of(tree)))) {
            assertThatExceptionOfType(InvalidMessageException.class)
                    .isThrownBy(() -> encoder.encode(message().payload(payload).build(), NO_TRACE))
                    .withMessageContaining(
                            "Payload of type " + payload.getClass().getName() + " for topic orders")
                    .withMessageContaining("com.fasterxml.jackson.databind.node.ObjectNode belongs to Jackson 2")
                    .withMessageContaining("use tools.jackson.databind.JsonNode, or send the JSON text as a String")
                    .withMessageNotContaining("secret");
        }
    }

    private org.assertj.core.api.ThrowableAssertAlternative<InvalidMessageException> refused(
            OutgoingMessage.Builder message) {
        return assertThatExceptionOfType(InvalidMessageException.class)
                .isThrownBy(() -> encoder.encode(message.build(), NO_TRACE))
                .withMessageContaining("half a surrogate pair at index")
                .withMessageContaining("question mark");
    }

    private static OutgoingMessage.Builder message() {
        return OutgoingMessage.to("orders").payload("payload");
    }
}
