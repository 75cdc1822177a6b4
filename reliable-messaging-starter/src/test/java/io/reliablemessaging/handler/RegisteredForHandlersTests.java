package io.reliablemessaging.handler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import io.reliablemessaging.UnrecoverableMessageException;
import io.reliablemessaging.support.LogCapture;
import jakarta.validation.ConstraintViolation;
import jakarta.validation.ConstraintViolationException;
import jakarta.validation.ElementKind;
import jakarta.validation.Path;
import jakarta.validation.Valid;
import java.io.IOException;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.support.RootBeanDefinition;
import org.springframework.context.support.DefaultMessageSourceResolvable;
import org.springframework.core.MethodParameter;
import org.springframework.core.convert.converter.Converter;
import org.springframework.kafka.support.Acknowledgment;
import org.springframework.messaging.Message;
import org.springframework.messaging.handler.annotation.Header;
import org.springframework.messaging.handler.annotation.support.DefaultMessageHandlerMethodFactory;
import org.springframework.messaging.handler.invocation.HandlerMethodArgumentResolver;
import org.springframework.validation.Errors;
import org.springframework.validation.Validator;
import org.springframework.validation.method.MethodValidationException;
import org.springframework.validation.method.MethodValidationResult;
import org.springframework.validation.method.ParameterValidationResult;

/** What the application has registered for its Kafka listeners, and what proxies say of handlers' arguments. */
@SuppressWarnings("unused")
class RegisteredForHandlersTests {

    private final HandledMessages messages = new HandledMessages();
    private final Methods methods = new Methods();

    public record Order(Map<String, Integer> amounts) {}

    record Tenant(String name) {}

    static class Methods {

        final List<Object> taken = new ArrayList<>();

        void acknowledged(Order order, Acknowledgment theirs, Locale locale) {
            taken.add(theirs);
            taken.add(locale);
        }

        void valid(@Valid Order order) {
            taken.add(order);
        }

        void tenant(Order order, @Header("tenant") Tenant tenant) {
            taken.add(tenant);
        }

        void throwing(String payload) throws Exception {
            throw (Exception) taken.get(0);
        }
    }

    static final class Tenants implements Converter<String, Tenant> {
        @Override
        public Tenant convert(String name) {
            return new Tenant(name);
        }
    }

    private static final class Resolver implements HandlerMethodArgumentResolver {

        @Override
        public boolean supportsParameter(MethodParameter parameter) {
            return parameter.getParameterType() == Acknowledgment.class || parameter.getParameterType() == Locale.class;
        }

        @Override
        public Object resolveArgument(MethodParameter parameter, Message<?> message) throws Exception {
            if (!message.getHeaders().containsKey("locale")) {
                throw new IOException("no locale");
            }
            assertThat(message.getPayload()).isInstanceOf(Order.class);
            return parameter.getParameterType() == Locale.class
                    ? Locale.forLanguageTag(message.getHeaders().get("locale", String.class))
                    : mock(Acknowledgment.class);
        }
    }

    private static final class Amounts implements Validator {

        @Override
        public boolean supports(Class<?> type) {
            return true;
        }

        @Override
        public void validate(Object target, Errors errors) {
            if (((Order) target).amounts().containsValue(-1)) {
                errors.rejectValue("amounts[secret]", "negative", "must not be negative");
            }
        }
    }

    @Test
    void resolversOfTheApplicationMakeArguments() {
        messages.registrar.setCustomMethodArgumentResolvers(new Resolver());
        Handler handler = handler("acknowledged");
        messages.handle(handler, "{\"amounts\":{}}", "locale", "de");
        assertThat(methods.taken).hasSize(2).contains(Locale.forLanguageTag("de"));
        assertThatExceptionOfType(HandlerFailedException.class)
                .isThrownBy(() -> messages.handle(handler, "{\"amounts\":{}}"))
                .withCauseInstanceOf(IOException.class);
    }

    @Test
    void theRegisteredValidatorChecksPayloadsAndIsNotQuoted() {
        messages.registrar.setValidator(new Amounts());
        Handler handler = handler("valid");
        messages.handle(handler, "{\"amounts\":{\"secret\":1}}");
        assertThatExceptionOfType(UnrecoverableMessageException.class)
                .isThrownBy(() -> messages.handle(handler, "{\"amounts\":{\"secret\":-1}}"))
                .withMessage("Payload is not valid: amounts[] must not be negative");
        assertThat(methods.taken).hasSize(1);
    }

    @Test
    void aConverterBeanMakesHeaders() {
        assertThatExceptionOfType(IllegalListenerException.class).isThrownBy(() -> handler("tenant"));
        HandledMessages converting = new HandledMessages();
        converting.beans.registerBeanDefinition("tenants", new RootBeanDefinition(Tenants.class));
        Handler handler = converting.handler(methods, HandledMessages.method(Methods.class, "tenant"));
        converting.handle(handler, "{}", "tenant", "acme");
        assertThat(methods.taken).containsExactly(new Tenant("acme"));
    }

    @Test
    void aFactoryOfTheApplicationsIsNamed() {
        messages.registrar.setMessageHandlerMethodFactory(new DefaultMessageHandlerMethodFactory());
        try (LogCapture log = LogCapture.start()) {
            handler("throwing");
            assertThat(log.ours("DefaultMessageHandlerMethodFactory"))
                    .singleElement()
                    .satisfies(line -> assertThat(line.message()).contains("setValidator"));
        }
    }

    @Test
    void whatAProxySaysOfTheHandlersArgumentsIsADeadLetterAtOnce() {
        methods.taken.add(violation("throwing", ElementKind.PARAMETER));
        assertThatExceptionOfType(UnrecoverableMessageException.class)
                .isThrownBy(() -> messages.handle(handler("throwing"), "a"))
                .withMessage("Arguments of the handler are not valid: throwing.x must be positive");
    }

    @Test
    void soIsWhatSpringsOwnExceptionSaysOfThem() {
        Method method = HandledMessages.method(Methods.class, "throwing");
        MethodValidationException refused = new MethodValidationException(MethodValidationResult.create(
                methods,
                method,
                List.of(new ParameterValidationResult(
                        new MethodParameter(method, 0),
                        "secret",
                        List.of(new DefaultMessageSourceResolvable(new String[] {"positive"}, "must be positive")),
                        null,
                        null,
                        null,
                        (error, type) -> error))));
        methods.taken.add(refused);
        assertThatExceptionOfType(UnrecoverableMessageException.class)
                .isThrownBy(() -> messages.handle(handler("throwing"), "a"))
                .withMessage("Arguments of the handler are not valid: must be positive");
    }

    @Test
    void whatIsSaidOfOtherCallsIsAFailureLikeAnyOther() {
        for (Exception thrown : List.of(
                violation("another", ElementKind.PARAMETER),
                violation("throwing", ElementKind.RETURN_VALUE),
                new ConstraintViolationException(Set.of()))) {
            methods.taken.clear();
            methods.taken.add(thrown);
            assertThatExceptionOfType(HandlerFailedException.class)
                    .isThrownBy(() -> messages.handle(handler("throwing"), "a"))
                    .withCause(thrown);
        }
    }

    private static ConstraintViolationException violation(String method, ElementKind kind) {
        ConstraintViolation<Object> violation = mock();
        Path path = mock();
        when(path.iterator())
                .thenAnswer(call -> Stream.of(node(method, ElementKind.METHOD), node("x", kind))
                        .iterator());
        when(violation.getPropertyPath()).thenReturn(path);
        when(violation.getMessage()).thenReturn("must be positive");
        when(violation.getRootBeanClass()).thenAnswer(call -> Methods.class);
        return new ConstraintViolationException("with values", Set.of(violation));
    }

    private static Path.Node node(String name, ElementKind kind) {
        Path.Node node = mock();
        when(node.getName()).thenReturn(name);
        when(node.getKind()).thenReturn(kind);
        return node;
    }

    private Handler handler(String name) {
        return messages.handler(methods, HandledMessages.method(Methods.class, name));
    }
}
