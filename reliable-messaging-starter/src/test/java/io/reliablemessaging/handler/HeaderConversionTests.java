package io.reliablemessaging.handler;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.springframework.core.ResolvableType;
import org.springframework.core.convert.ConversionService;
import org.springframework.core.convert.TypeDescriptor;
import org.springframework.core.convert.support.DefaultConversionService;

/** A header becomes what a parameter takes. */
class HeaderConversionTests {

    private static final TypeDescriptor TEXT = TypeDescriptor.valueOf(String.class);

    private final AtomicInteger asked = new AtomicInteger();
    private final HeaderConversion conversion = new HeaderConversion(() -> {
        asked.incrementAndGet();
        return new DefaultConversionService();
    });

    @Test
    void textBecomesBytesWithoutTheApplication() {
        assertThat(conversion.canConvert(String.class, byte[].class)).isTrue();
        assertThat(conversion.convert("ä", byte[].class)).isEqualTo("ä".getBytes(UTF_8));
        assertThat(asked).hasValue(0);
    }

    @Test
    void otherTypesAreTheApplications() {
        assertThat(conversion.canConvert(String.class, Integer.class)).isTrue();
        assertThat(conversion.convert("42", Integer.class)).isEqualTo(42);
        assertThat(conversion.canConvert(String.class, ConversionService.class)).isFalse();
        assertThat(asked).hasPositiveValue();
    }

    @Test
    void anOptionalHoldsWhatItsTypeSays() {
        assertThat(convert("42", optional(Integer.class))).isEqualTo(Optional.of(42));
        assertThat(convert(null, optional(Integer.class))).isEqualTo(Optional.empty());
        assertThat(((Optional<?>) convert("ä", optional(byte[].class))).orElseThrow())
                .isEqualTo("ä".getBytes(UTF_8));
        assertThat(conversion.canConvert(TEXT, optional(ConversionService.class)))
                .isFalse();
    }

    private Object convert(Object source, TypeDescriptor target) {
        return conversion.convert(source, TEXT, target);
    }

    private static TypeDescriptor optional(Class<?> type) {
        return new TypeDescriptor(ResolvableType.forClassWithGenerics(Optional.class, type), null, null);
    }
}
