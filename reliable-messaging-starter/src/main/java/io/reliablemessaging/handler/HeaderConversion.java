package io.reliablemessaging.handler;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.core.convert.ConversionService;
import org.springframework.core.convert.TypeDescriptor;

/**
 * Converts headers to the types of parameters with the application's conversion service, and between text and bytes as
 * UTF-8.
 */
final class HeaderConversion implements ConversionService {

    private final Supplier<ConversionService> application;

    /**
     * Creates the conversion.
     *
     * @param application supplies the service when the first header is converted: its converters are beans
     */
    HeaderConversion(Supplier<ConversionService> application) {
        this.application = application;
    }

    @Override
    public boolean canConvert(@Nullable Class<?> sourceType, Class<?> targetType) {
        return canConvert(
                sourceType == null ? null : TypeDescriptor.valueOf(sourceType), TypeDescriptor.valueOf(targetType));
    }

    @Override
    public boolean canConvert(@Nullable TypeDescriptor source, TypeDescriptor target) {
        TypeDescriptor wanted = withoutOptional(target);
        return (isText(source) && isBytes(wanted)) || application.get().canConvert(source, wanted);
    }

    @Override
    @SuppressWarnings("unchecked") // the target type is made by the call below
    public <T> @Nullable T convert(@Nullable Object source, Class<T> targetType) {
        return (T) convert(source, TypeDescriptor.forObject(source), TypeDescriptor.valueOf(targetType));
    }

    @Override
    public @Nullable Object convert(@Nullable Object source, @Nullable TypeDescriptor type, TypeDescriptor target) {
        TypeDescriptor wanted = withoutOptional(target);
        Object value = source instanceof String text && isBytes(wanted)
                ? text.getBytes(StandardCharsets.UTF_8)
                : application.get().convert(source, type, wanted);
        return wanted.equals(target) ? value : Optional.ofNullable(value);
    }

    private static TypeDescriptor withoutOptional(TypeDescriptor target) {
        return target.getType() == Optional.class
                ? new TypeDescriptor(target.getResolvableType().getGeneric(), null, target.getAnnotations())
                : target;
    }

    private static boolean isText(@Nullable TypeDescriptor type) {
        return type != null && type.getType() == String.class;
    }

    private static boolean isBytes(TypeDescriptor type) {
        return type.getType() == byte[].class;
    }
}
