package io.reliablemessaging;

import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A change of a message that has failed: another payload, other headers, or both. Immutable. The message's id, key and topic
 * stay, and so do the headers that begin with {@code rm-}.
 *
 * <pre>{@code
 * MessageEdit.payload("{\"amount\": 7}").header("currency", "EUR").withoutHeader("discount")
 * }</pre>
 */
public final class MessageEdit {

    // a record of this size still fits into a request of the relay, with its headers
    private static final int LARGEST_PAYLOAD = 30 << 20;

    private final byte @Nullable [] payload;
    private final Map<String, Optional<byte[]>> headers;

    private MessageEdit(byte @Nullable [] payload, Map<String, Optional<byte[]>> headers) {
        this.payload = payload;
        this.headers = Collections.unmodifiableMap(headers);
    }

    /**
     * Replaces the payload.
     *
     * @param payload the new payload, as the bytes of a Kafka record
     * @throws InvalidMessageException if it has more than 30 MB
     */
    public static MessageEdit payload(byte[] payload) {
        if (payload.length > LARGEST_PAYLOAD) {
            throw new InvalidMessageException("The new payload has %d bytes, and at most %d are allowed; shorten it"
                    .formatted(payload.length, LARGEST_PAYLOAD));
        }
        return new MessageEdit(payload.clone(), Map.of());
    }

    /**
     * Replaces the payload by a text in UTF-8.
     *
     * @throws InvalidMessageException if it has more than 30 MB, or cannot be written as UTF-8
     */
    public static MessageEdit payload(String payload) {
        return payload(bytes("The new payload", payload));
    }

    /** Keeps the payload; add the headers to change. */
    public static MessageEdit headersOnly() {
        return new MessageEdit(null, Map.of());
    }

    /**
     * Sets a header to a text, in place of all headers of this name.
     *
     * @throws InvalidMessageException if the name is reserved, or the text cannot be written as UTF-8
     */
    public MessageEdit header(String name, String value) {
        return with(name, Optional.of(bytes("Header '%s'".formatted(name), value)));
    }

    /**
     * Sets a header to bytes, in place of all headers of this name.
     *
     * @throws InvalidMessageException if the name is reserved
     */
    public MessageEdit header(String name, byte[] value) {
        return with(name, Optional.of(value.clone()));
    }

    /**
     * Removes all headers of this name.
     *
     * @throws InvalidMessageException if the name is reserved
     */
    public MessageEdit withoutHeader(String name) {
        return with(name, Optional.empty());
    }

    /** Returns the new payload; empty if the payload stays. */
    public Optional<byte[]> newPayload() {
        return Optional.ofNullable(payload).map(byte[]::clone);
    }

    /** Returns the headers that change, by their names: the new value, or empty if the header is removed. */
    public Map<String, Optional<byte[]>> newHeaders() {
        Map<String, Optional<byte[]>> copies = new LinkedHashMap<>();
        headers.forEach((name, value) -> copies.put(name, value.map(byte[]::clone)));
        return copies;
    }

    /** Tells whether it changes nothing. */
    public boolean isEmpty() {
        return payload == null && headers.isEmpty();
    }

    private MessageEdit with(String name, Optional<byte[]> value) {
        byte[] unused = bytes("The name of a header", name);
        if (name.startsWith("rm-")) {
            throw new InvalidMessageException(
                    "Header '%s' cannot be edited: names that begin with 'rm-' are reserved for reliable messaging, and a message keeps its identity. Leave it out"
                            .formatted(name));
        }
        Map<String, Optional<byte[]>> changed = new LinkedHashMap<>(headers);
        changed.put(name, value);
        return new MessageEdit(payload, changed);
    }

    private static byte[] bytes(String what, String text) {
        if (!StandardCharsets.UTF_8.newEncoder().canEncode(text)) {
            throw new InvalidMessageException(
                    "%s contains half of a surrogate pair, which is no character. Correct it".formatted(what));
        }
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
