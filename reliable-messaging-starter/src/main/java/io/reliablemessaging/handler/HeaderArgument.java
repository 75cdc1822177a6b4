package io.reliablemessaging.handler;

import io.reliablemessaging.UnrecoverableMessageException;
import java.lang.reflect.Parameter;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.Optional;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.convert.ApplicationConversionService;
import org.springframework.core.MethodParameter;
import org.springframework.core.convert.ConversionException;
import org.springframework.core.convert.ConversionService;
import org.springframework.core.convert.TypeDescriptor;
import org.springframework.messaging.handler.annotation.Header;
import org.springframework.messaging.handler.annotation.ValueConstants;

/** The value of one header, the last of its name, as a handler's parameter. */
final class HeaderArgument {

    private static final TypeDescriptor TEXT = TypeDescriptor.valueOf(String.class);

    private final String name;
    private final TypeDescriptor type;
    private final ConversionService conversion;
    private final @Nullable String otherwise;
    private final boolean required;
    private final boolean optional;

    /**
     * Makes it.
     *
     * @throws IllegalArgumentException if the parameter can never be filled
     */
    HeaderArgument(Header header, MethodParameter parameter, ConfigurableListableBeanFactory beans) {
        MethodParameter value = parameter.nestedIfOptional();
        this.name = header.name().isEmpty() ? nameOf(parameter.getParameter()) : header.name();
        this.type = new TypeDescriptor(value);
        this.conversion = Objects.requireNonNullElseGet(
                beans.getConversionService(), ApplicationConversionService::getSharedInstance);
        this.otherwise = ValueConstants.DEFAULT_NONE.equals(header.defaultValue())
                ? null
                : beans.resolveEmbeddedValue(header.defaultValue());
        this.optional = parameter.getParameterType() == Optional.class;
        this.required = header.required() && otherwise == null && !parameter.isOptional();
        requireFillable();
    }

    private static String nameOf(Parameter parameter) {
        if (!parameter.isNamePresent()) {
            throw new IllegalArgumentException(
                    "has a @Header without a name, and parameters have no names in its class file; give it one");
        }
        return parameter.getName();
    }

    private void requireFillable() {
        if (!isBytes() && !conversion.canConvert(TEXT, type)) {
            throw new IllegalArgumentException(
                    "wants header '%s' as %s, which no converter makes of text".formatted(name, type));
        }
        if (type.isPrimitive() && !required && otherwise == null) {
            throw new IllegalArgumentException(
                    "wants header '%s' as %s, which cannot be null; give it a default value".formatted(name, type));
        }
    }

    /**
     * The header's value, or its default.
     *
     * @throws UnrecoverableMessageException if it is missing, or is something else
     */
    @Nullable
    Object of(Headers headers) {
        @Nullable Object value = value(headers);
        return optional ? Optional.ofNullable(value) : value;
    }

    private @Nullable Object value(Headers headers) {
        org.apache.kafka.common.header.Header header = headers.lastHeader(name);
        byte @Nullable [] bytes = header == null ? null : header.value();
        if (bytes == null && required) {
            throw new UnrecoverableMessageException(
                    "Header '%s', which the handler requires, is missing".formatted(name));
        }
        if (bytes != null && isBytes()) {
            return bytes.clone(); // the record is read again at the next attempt
        }
        String text = bytes == null ? otherwise : new String(bytes, StandardCharsets.UTF_8);
        return text == null ? null : converted(text);
    }

    private @Nullable Object converted(String text) {
        if (isBytes()) {
            return text.getBytes(StandardCharsets.UTF_8);
        }
        try {
            return conversion.convert(text, TEXT, type);
        } catch (ConversionException e) {
            // without its cause, which quotes the value
            throw new UnrecoverableMessageException("Header '%s' cannot be read as %s".formatted(name, type));
        }
    }

    private boolean isBytes() {
        return type.getObjectType() == byte[].class;
    }
}
