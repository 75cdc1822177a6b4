package io.reliablemessaging.handler;

import io.reliablemessaging.UnrecoverableMessageException;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.config.BeanExpressionContext;
import org.springframework.beans.factory.config.BeanExpressionResolver;
import org.springframework.beans.factory.config.ConfigurableBeanFactory;
import org.springframework.core.MethodParameter;
import org.springframework.core.convert.ConversionException;
import org.springframework.core.convert.ConversionService;
import org.springframework.core.convert.TypeDescriptor;
import org.springframework.messaging.Message;
import org.springframework.messaging.handler.annotation.Header;
import org.springframework.messaging.handler.annotation.ValueConstants;
import org.springframework.messaging.handler.annotation.support.HeaderMethodArgumentResolver;

/**
 * Resolves the value of one header, with its name and default as Spring resolves them. Its exceptions never quote a value.
 */
final class HeaderResolver extends HeaderMethodArgumentResolver implements CheckedResolver {

    private final ConversionService conversion;
    private final ConfigurableBeanFactory beans;

    HeaderResolver(ConversionService conversion, ConfigurableBeanFactory beans) {
        super(conversion, beans);
        this.conversion = conversion;
        this.beans = beans;
    }

    @Override
    public void check(MethodParameter parameter) {
        Header header = annotation(parameter);
        String name = String.valueOf(resolved(nameOf(header, parameter)));
        String instead = DeliveryHeaders.insteadOf(name);
        if (instead != null) {
            throw refusal(parameter, name, "which no message of a @ReliableListener has", instead);
        }
        TypeDescriptor type = new TypeDescriptor(parameter);
        requireConversion(parameter, name, type);
        Object otherwise = defaultOf(header);
        if (otherwise != null) {
            requireDefault(parameter, name, otherwise, type);
        } else if (type.isPrimitive() && (!header.required() || parameter.isOptional())) {
            throw refusal(
                    parameter,
                    name,
                    "as %s, which cannot be null".formatted(type),
                    "Give it a defaultValue, or take %s"
                            .formatted(type.getObjectType().getSimpleName()));
        }
    }

    private void requireConversion(MethodParameter parameter, String name, TypeDescriptor type) {
        Class<?> from = DeliveryHeaders.typeOf(name);
        if (!conversion.canConvert(TypeDescriptor.valueOf(from), type)) {
            throw refusal(
                    parameter,
                    name,
                    "as %s, and no converter makes that from %s"
                            .formatted(type, from == String.class ? "text" : from.getSimpleName()),
                    "Take %s, or define a Converter bean".formatted(from.getSimpleName()));
        }
    }

    private void requireDefault(MethodParameter parameter, String name, Object otherwise, TypeDescriptor type) {
        try {
            var unused = conversion.convert(otherwise, TypeDescriptor.forObject(otherwise), type);
        } catch (ConversionException e) {
            throw refusal(
                    parameter,
                    name,
                    "as %s, and its default value '%s' cannot be converted to that".formatted(type, otherwise),
                    "Correct the defaultValue");
        }
    }

    @Override
    public @Nullable Object resolveArgument(MethodParameter parameter, Message<?> message) throws Exception {
        try {
            return super.resolveArgument(parameter, message);
        } catch (ConversionException e) {
            // without its cause, which quotes the value
            throw new UnrecoverableMessageException("Header '%s' cannot be read as %s"
                    .formatted(nameOf(annotation(parameter), parameter), new TypeDescriptor(parameter)));
        }
    }

    @Override
    protected @Nullable Object resolveArgumentInternal(MethodParameter parameter, Message<?> message, String name) {
        Object value = DeliveryHeaders.value((HandlerMessage) message, name);
        if (value instanceof byte[] bytes && parameter.getNestedParameterType() == byte[].class) {
            return bytes.clone(); // the original is needed for the next attempt
        }
        return value == null ? null : DeliveryHeaders.text(value);
    }

    @Override
    protected void handleMissingValue(String name, MethodParameter parameter, Message<?> message) {
        throw new UnrecoverableMessageException(
                "Header '%s', which the handler requires, is missing".formatted(resolved(name)));
    }

    private static Header annotation(MethodParameter parameter) {
        return Objects.requireNonNull(parameter.getParameterAnnotation(Header.class));
    }

    private static String nameOf(Header header, MethodParameter parameter) {
        if (!header.name().isEmpty()) {
            return header.name();
        }
        String name = parameter.getParameterName();
        if (name == null) {
            throw HandlerRules.illegal(
                    HandlerRules.methodOf(parameter),
                    "has a @Header without a name, and parameters have no names in its class file",
                    "Give it a name, or compile with -parameters");
        }
        return name;
    }

    private @Nullable Object defaultOf(Header header) {
        return ValueConstants.DEFAULT_NONE.equals(header.defaultValue()) ? null : resolved(header.defaultValue());
    }

    private @Nullable Object resolved(String text) {
        String embedded = Objects.requireNonNullElse(beans.resolveEmbeddedValue(text), text);
        BeanExpressionResolver expressions = beans.getBeanExpressionResolver();
        return Optional.ofNullable(expressions)
                .map(each -> each.evaluate(embedded, new BeanExpressionContext(beans, null)))
                .orElse(embedded);
    }

    private static IllegalListenerException refusal(
            MethodParameter parameter, String name, String what, String wayOut) {
        return HandlerRules.illegal(
                HandlerRules.methodOf(parameter), "wants header '%s' %s".formatted(name, what), wayOut);
    }
}
