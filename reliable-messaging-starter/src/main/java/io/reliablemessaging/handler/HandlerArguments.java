package io.reliablemessaging.handler;

import io.reliablemessaging.IncomingMessage;
import java.lang.annotation.Annotation;
import java.lang.reflect.Method;
import java.lang.reflect.Parameter;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.core.MethodParameter;
import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.messaging.handler.annotation.Header;
import org.springframework.util.ClassUtils;
import org.springframework.validation.annotation.ValidationAnnotationUtils;

/** What a handler's parameters are filled with: the payload, the message around it, and single headers. */
final class HandlerArguments {

    private final ConfigurableListableBeanFactory beans;
    private final List<Argument> arguments = new ArrayList<>();
    private @Nullable Type payloadType;
    private @Nullable PayloadValidation validation;

    private interface Argument {
        @Nullable
        Object of(IncomingMessage<?> message, Headers headers);
    }

    /**
     * Makes them.
     *
     * @throws IllegalArgumentException if they can never be filled
     */
    HandlerArguments(Method handler, ConfigurableListableBeanFactory beans) {
        this.beans = beans;
        Parameter[] parameters = handler.getParameters();
        for (int i = 0; i < parameters.length; i++) {
            arguments.add(argument(parameters[i], new MethodParameter(handler, i)));
        }
        if (payloadType == null) {
            throw new IllegalArgumentException("takes nothing");
        }
    }

    /** Type that the payload is converted to. */
    Type payloadType() {
        return Objects.requireNonNull(payloadType);
    }

    /**
     * The arguments for a message.
     *
     * @throws io.reliablemessaging.UnrecoverableMessageException if its payload is not valid, or a header is missing
     */
    @Nullable
    Object[] of(IncomingMessage<?> message, Headers headers) {
        if (validation != null) {
            validation.check(message.payload());
        }
        @Nullable Object[] values = new @Nullable Object[arguments.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = arguments.get(i).of(message, headers);
        }
        return values;
    }

    private Argument argument(Parameter parameter, MethodParameter place) {
        Header annotation = AnnotatedElementUtils.findMergedAnnotation(parameter, Header.class);
        if (annotation != null) {
            HeaderArgument header = new HeaderArgument(annotation, place, beans);
            return (message, headers) -> header.of(headers);
        }
        boolean whole = parameter.getType() == IncomingMessage.class;
        addPayload(whole ? contentOf(parameter) : parameter.getParameterizedType());
        Stream.of(parameter.getAnnotations()).forEach(this::addValidation);
        return whole ? (message, headers) -> message : (message, headers) -> message.payload();
    }

    private void addPayload(Type type) {
        if (payloadType != null && !payloadType.equals(type)) {
            throw new IllegalArgumentException(
                    "takes both %s and %s".formatted(payloadType.getTypeName(), type.getTypeName()));
        }
        payloadType = type;
    }

    private static Type contentOf(Parameter parameter) {
        if (parameter.getParameterizedType() instanceof ParameterizedType type) {
            return type.getActualTypeArguments()[0];
        }
        throw new IllegalArgumentException(
                "takes an IncomingMessage without saying of what: write IncomingMessage<OrderPlaced>");
    }

    private void addValidation(Annotation annotation) {
        Object[] groups = ValidationAnnotationUtils.determineValidationHints(annotation);
        if (groups == null) {
            return;
        }
        try {
            requireApi();
            validation = new PayloadValidation(beans, Stream.of(groups).toArray(Class<?>[]::new));
        } catch (ClassNotFoundException | RuntimeException e) {
            throw new IllegalArgumentException(
                    "wants its payload validated, but no validator can be had: add spring-boot-starter-validation", e);
        }
    }

    private static void requireApi() throws ClassNotFoundException {
        ClassUtils.forName("jakarta.validation.Validator", HandlerArguments.class.getClassLoader());
    }
}
