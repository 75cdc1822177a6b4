package io.reliablemessaging.wire;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * Shows keys as text and reads them back, so that people can see and name every key. A key that is text is shown as it is. A key
 * that is not text (bytes that are not UTF-8, or NUL, which PostgreSQL's text cannot store) is shown as {@code \x} and its bytes
 * in hex, like PostgreSQL shows bytes; so is a text that itself looks like that. So two different keys never look the same.
 */
public final class KeyText {

    private static final String HEX = "\\x";
    private static final HexFormat FORMAT = HexFormat.of();

    private KeyText() {}

    /** Shows a key as text; {@link #bytes} turns the text into the same key. */
    public static @Nullable String of(byte @Nullable [] key) {
        if (key == null) {
            return null;
        }
        String text = text(key);
        return text == null || text.indexOf('\0') >= 0 || isHex(text) ? HEX + FORMAT.formatHex(key) : text;
    }

    /**
     * Reads a key that a person has named, in hex or as text.
     *
     * @throws IllegalArgumentException if it has half a surrogate pair: no key can have that
     */
    public static byte @Nullable [] bytes(@Nullable String text) {
        if (text == null) {
            return null;
        }
        if (isHex(text)) {
            return FORMAT.parseHex(text, HEX.length(), text.length());
        }
        int half = Utf8.halfPair(text);
        if (half >= 0) {
            throw new IllegalArgumentException(
                    "The key has half a surrogate pair at index %d, which no key holds; name it in hex, as \\x and its bytes"
                            .formatted(half));
        }
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static @Nullable String text(byte[] key) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(key))
                    .toString();
        } catch (CharacterCodingException e) {
            return null;
        }
    }

    private static boolean isHex(String text) {
        return text.startsWith(HEX)
                && text.length() % 2 == 0
                && text.chars().skip(HEX.length()).allMatch(HexFormat::isHexDigit);
    }
}
