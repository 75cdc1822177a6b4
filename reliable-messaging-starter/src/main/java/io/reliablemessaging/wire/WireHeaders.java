package io.reliablemessaging.wire;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/** Names the headers that this library writes, and reads and writes their values as text. The names are a contract. */
public final class WireHeaders {

    /** UUID text of the message's id. */
    public static final String MESSAGE_ID = "rm-message-id";
    /** Time of publishing, in milliseconds since the epoch. */
    public static final String PUBLISHED_AT = "rm-published-at";

    /** Beginning of all headers of a dead letter; they are rebuilt each time and never accumulate. */
    public static final String DLT_PREFIX = "rm-dlt-";

    /** UUID text of the id of the failed message; the record of the dead letter has an id of its own. */
    public static final String DLT_MESSAGE_ID = DLT_PREFIX + "message-id";

    public static final String DLT_TOPIC = DLT_PREFIX + "original-topic";
    public static final String DLT_PARTITION = DLT_PREFIX + "original-partition";
    public static final String DLT_OFFSET = DLT_PREFIX + "original-offset";
    public static final String DLT_GROUP = DLT_PREFIX + "group";
    public static final String DLT_ATTEMPTS = DLT_PREFIX + "attempts";
    public static final String DLT_EXCEPTION_CLASS = DLT_PREFIX + "exception-class";
    public static final String DLT_EXCEPTION_MESSAGE = DLT_PREFIX + "exception-message";

    private WireHeaders() {}

    /** Sets a header to a text, in place of all earlier headers with this name. */
    public static void put(Headers headers, String name, String value) {
        headers.remove(name);
        headers.add(name, value.getBytes(StandardCharsets.UTF_8));
    }

    /** Returns the text of the last header with this name; null if there is none. */
    public static @Nullable String text(Headers headers, String name) {
        Header header = headers.lastHeader(name);
        return header == null || header.value() == null ? null : new String(header.value(), StandardCharsets.UTF_8);
    }

    /** Returns all headers as text, of several with one name the last one; headers without a value are left out. */
    public static Map<String, String> asText(Headers headers) {
        Map<String, String> texts = new LinkedHashMap<>();
        for (Header header : headers) {
            if (header.value() != null) {
                texts.put(header.key(), new String(header.value(), StandardCharsets.UTF_8));
            }
        }
        return texts;
    }
}
