package io.reliablemessaging.payload;

import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;
import org.springframework.messaging.converter.MessageConversionException;

/**
 * Recognises that Spring Kafka's JSON deserializer does not know which class to create, and names the property that tells it.
 */
final class TypeHeaderFault {

    private static final String HEADER = "__TypeId__";
    private static final Pattern NAME = Pattern.compile("[\\p{Alnum}_$.:/-]{1,200}");
    private static final int DEPTH = 20;

    private TypeHeaderFault() {}

    /**
     * Describes the error and the property to set; null if the failure has another reason.
     *
     * @param wanted name of the type that the handler takes
     */
    static @Nullable String of(Throwable failure, Headers headers, String wanted) {
        Throwable each = failure;
        for (int i = 0; each != null && i < DEPTH; i++, each = each.getCause()) {
            String text = text(each, String.valueOf(each.getMessage()), named(headers), wanted);
            if (text != null) {
                return text;
            }
        }
        return null;
    }

    private static @Nullable String text(Throwable failure, String says, String named, String wanted) {
        if (failure instanceof IllegalArgumentException && says.contains("not in the trusted packages")) {
            int end = named.lastIndexOf('.');
            return "header %s names %s, whose package is not trusted. Set %s=%s"
                    .formatted(
                            HEADER,
                            named,
                            property("trusted.packages"),
                            end < 0 ? "<its package>" : named.substring(0, end));
        }
        if (failure instanceof MessageConversionException && says.contains("failed to resolve class name")) {
            return "header %s names %s, which is no class here. Set %s=%s:%s"
                    .formatted(HEADER, named, property("type.mapping"), named, wanted);
        }
        if (failure instanceof IllegalStateException && says.contains("no default type provided")) {
            return "it has no header %s. Set %s=%s".formatted(HEADER, property("value.default.type"), wanted);
        }
        return null;
    }

    private static String property(String name) {
        return "spring.kafka.consumer.properties[spring.json.%s]".formatted(name);
    }

    private static String named(Headers headers) {
        Header header = headers.lastHeader(HEADER);
        String name =
                header == null || header.value() == null ? "" : new String(header.value(), StandardCharsets.UTF_8);
        return NAME.matcher(name).matches() ? name : "<type>";
    }
}
