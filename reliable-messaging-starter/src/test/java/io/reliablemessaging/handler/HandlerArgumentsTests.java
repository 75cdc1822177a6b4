package io.reliablemessaging.handler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import io.reliablemessaging.IncomingMessage;
import io.reliablemessaging.MessageId;
import io.reliablemessaging.UnrecoverableMessageException;
import jakarta.validation.ConstraintViolation;
import jakarta.validation.Path;
import jakarta.validation.Valid;
import jakarta.validation.Validator;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.support.DefaultListableBeanFactory;
import org.springframework.messaging.handler.annotation.Header;

/** What a handler's parameters are filled with. */
class HandlerArgumentsTests {

    private final DefaultListableBeanFactory beans = new DefaultListableBeanFactory();
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

        void headerOnly(@Header("text") String text) {}

        void runnable(@Header("text") Runnable runnable, String payload) {}

        void absentPrimitive(@Header(name = "number", required = false) int number, String payload) {}
    }

    @Test
    void headersBecomeWhatTheHandlerTakes() {
        handler("all").handle(message("payload"), headers("text", "a", "text", "last", "number", "42", "bytes", "raw"));
        assertThat(methods.taken).containsExactly("last", 42, "raw", 7L, Optional.empty(), "payload");
    }

    @Test
    void aMessageWithoutARequiredHeaderCannotBeHandled() {
        assertThatExceptionOfType(UnrecoverableMessageException.class)
                .isThrownBy(() -> handler("number").handle(message("payload"), headers()))
                .withMessageContaining("'number'")
                .withMessageContaining("missing");
        assertThat(methods.taken).isEmpty();
    }

    @Test
    void aHeaderThatIsSomethingElseIsNamedWithoutItsValue() {
        assertThatExceptionOfType(UnrecoverableMessageException.class)
                .isThrownBy(() -> handler("number").handle(message("payload"), headers("number", "secret")))
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
        beans.registerSingleton("validator", validator);
        for (String name : List.of("valid", "validMessage")) {
            assertThatExceptionOfType(UnrecoverableMessageException.class)
                    .isThrownBy(() -> handler(name).handle(message("bad"), headers()))
                    .withMessage("Payload is not valid: amount must be positive");
            handler(name).handle(message("good"), headers());
        }
        assertThat(methods.taken).containsExactly("good", "good");
    }

    @Test
    void whatCanNeverBeFilledIsRefusedAtOnce() {
        Map.of(
                        "headerOnly", "takes nothing",
                        "runnable", "no converter",
                        "absentPrimitive", "give it a default",
                        "valid", "no validator can be had")
                .forEach((name, why) -> assertThatIllegalStateException()
                        .isThrownBy(() -> handler(name))
                        .withMessageContaining(why)
                        .withMessageContaining(name));
    }

    private Handler handler(String name) {
        return new Handler(
                methods,
                Stream.of(Methods.class.getDeclaredMethods())
                        .filter(method -> method.getName().equals(name))
                        .findFirst()
                        .orElseThrow(),
                beans);
    }

    private static IncomingMessage<String> message(String payload) {
        return new IncomingMessage<>(
                new MessageId(UUID.randomUUID()), "topic", 0, 0, "key", Map.of(), payload, 1, Instant.EPOCH);
    }

    private static Headers headers(String... pairs) {
        Headers headers = new RecordHeaders();
        for (int i = 0; i < pairs.length; i += 2) {
            headers.add(pairs[i], pairs[i + 1].getBytes(StandardCharsets.UTF_8));
        }
        return headers;
    }
}
