package io.reliablemessaging.handler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import io.reliablemessaging.IncomingMessage;
import io.reliablemessaging.UnrecoverableMessageException;
import jakarta.validation.ConstraintViolation;
import jakarta.validation.Path;
import jakarta.validation.Valid;
import jakarta.validation.Validator;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Headers;
import org.junit.jupiter.api.Test;
import org.springframework.kafka.support.KafkaHeaders;
import org.springframework.messaging.Message;
import org.springframework.messaging.MessageHeaders;
import org.springframework.messaging.handler.annotation.Header;

/** What a handler's parameters are filled with. */
class HandlerArgumentsTests {

    private final HandledMessages messages = new HandledMessages();
    private final Methods methods = new Methods();

    @SuppressWarnings("unused")
    static class Methods {

        final List<Object> taken = new ArrayList<>();

        void all(
                @Header("text") String text,
                @Header("number") int number,
                @Header("bytes") byte[] bytes,
                @Header(name = "other", defaultValue = "7") long other,
                @Header("maybe") Optional<String> maybe,
                String payload) {
            taken.addAll(List.of(text, number, new String(bytes, StandardCharsets.UTF_8), other, maybe, payload));
        }

        void number(@Header("number") int number, String payload) {
            taken.add(number);
        }

        void valid(@Valid String payload) {
            taken.add(payload);
        }

        void validMessage(@Valid IncomingMessage<String> message) {
            taken.add(message.payload());
        }

        void headerOnly(@Header("text") String text) {
            taken.add(text);
        }

        void nothing() {}

        void place(
                @Header(KafkaHeaders.RECEIVED_TOPIC) String topic,
                @Header(KafkaHeaders.OFFSET) long offset,
                Message<String> message,
                @Header("id") String id,
                @Header("nativeHeaders") String nativeHeaders) {
            MessageHeaders all = message.getHeaders();
            taken.addAll(List.of(
                    topic,
                    all.get(KafkaHeaders.OFFSET),
                    all.getId(),
                    id,
                    nativeHeaders,
                    all.containsKey(KafkaHeaders.ACKNOWLEDGMENT)));
        }

        void destroying(ConsumerRecord<byte[], byte[]> record, @Header("tenant") byte[] tenant) {
            for (byte[] each : List.of(
                    record.key(),
                    record.value(),
                    tenant,
                    record.headers().lastHeader("tenant").value())) {
                Arrays.fill(each, (byte) 0);
            }
            record.headers().remove("tenant");
        }

        void runnable(@Header("text") Runnable runnable, String payload) {}

        void absentPrimitive(@Header(name = "number", required = false) int number, String payload) {}
    }

    @Test
    void headersBecomeWhatTheHandlerTakes() {
        messages.handle(handler("all"), "payload", "text", "a", "text", "last", "number", "42", "bytes", "raw");
        assertThat(methods.taken).containsExactly("last", 42, "raw", 7L, Optional.empty(), "payload");
    }

    @Test
    void aMessageWithoutARequiredHeaderCannotBeHandled() {
        assertThatExceptionOfType(UnrecoverableMessageException.class)
                .isThrownBy(() -> messages.handle(handler("number"), "payload"))
                .withMessageContaining("'number'")
                .withMessageContaining("missing");
        assertThat(methods.taken).isEmpty();
    }

    @Test
    void aHeaderThatIsSomethingElseIsNamedWithoutItsValue() {
        assertThatExceptionOfType(UnrecoverableMessageException.class)
                .isThrownBy(() -> messages.handle(handler("number"), "payload", "number", "secret"))
                .withMessageContaining("'number'")
                .withMessageNotContaining("secret")
                .withNoCause();
    }

    @Test
    void aPayloadThatIsNotValidNeverReachesTheHandler() {
        Validator validator = mock();
        ConstraintViolation<Object> violation = mock();
        Path path = mock();
        Path.Node node = mock();
        when(node.getName()).thenReturn("amount");
        when(path.iterator()).thenAnswer(call -> List.of(node).iterator());
        when(violation.getPropertyPath()).thenReturn(path);
        when(violation.getMessage()).thenReturn("must be positive");
        when(validator.validate(any())).thenReturn(Set.of());
        when(validator.<Object>validate("bad")).thenReturn(Set.of(violation));
        messages.beans.registerSingleton("validator", validator);
        for (String name : List.of("valid", "validMessage")) {
            assertThatExceptionOfType(UnrecoverableMessageException.class)
                    .isThrownBy(() -> messages.handle(handler(name), "bad"))
                    .withMessage("Payload is not valid: amount must be positive");
            messages.handle(handler(name), "good");
        }
        assertThat(methods.taken).containsExactly("good", "good");
    }

    @Test
    void anEmptyHeaderCountsAsMissingWhereThereIsADefault() {
        messages.handle(
                handler("all"), "payload", "text", "", "number", "42", "bytes", "raw", "other", "", "maybe", "");
        assertThat(methods.taken).containsExactly("", 42, "raw", 7L, Optional.of(""), "payload");
    }

    @Test
    void whatASenderWritesDoesNotStandForWhatKafkaSays() {
        messages.handle(
                handler("place"),
                "payload",
                KafkaHeaders.OFFSET,
                "1",
                KafkaHeaders.RECEIVED_TOPIC,
                "forged",
                KafkaHeaders.ACKNOWLEDGMENT,
                "forged",
                "id",
                "theirs",
                "nativeHeaders",
                "native",
                "errorChannel",
                "channel");
        assertThat(methods.taken).containsExactly("orders", 42L, HandledMessages.ID, "theirs", "native", false);
    }

    @Test
    void whatAHandlerDoesToARecordStaysWithTheRecord() {
        Headers headers = HandledMessages.headers("tenant", "acme");
        messages.handle(handler("destroying"), "payload", headers);
        assertThat(new String(headers.lastHeader("tenant").value(), StandardCharsets.UTF_8))
                .isEqualTo("acme");
    }

    @Test
    void aHandlerOfHeadersAloneIsNotAskedForItsPayload() {
        messages.handle(handler("headerOnly"), "{not json", "text", "a");
        assertThat(methods.taken).containsExactly("a");
    }

    @Test
    void whatCanNeverBeFilledIsRefusedAtOnce() {
        Map.of(
                        "nothing", "takes nothing",
                        "runnable", "no converter",
                        "absentPrimitive", "Give it a default",
                        "valid", "there is no validator")
                .forEach((name, why) -> assertThatIllegalStateException()
                        .isThrownBy(() -> handler(name))
                        .withMessageContaining(why)
                        .withMessageContaining(name));
    }

    private Handler handler(String name) {
        return messages.handler(methods, HandledMessages.method(Methods.class, name));
    }
}
