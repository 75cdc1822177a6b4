package io.reliablemessaging.wire;

import io.reliablemessaging.InvalidMessageException;
import java.nio.charset.StandardCharsets;

/** Converts text into the bytes that are sent, without loss. */
public final class Utf8 {

    private Utf8() {}

    /**
     * Encodes a text.
     *
     * @param what the part of the message, for the exception
     * @throws InvalidMessageException if it has half a surrogate pair, which Java would write as a question mark
     */
    public static byte[] bytes(String text, String topic, String what) {
        int half = halfPair(text);
        if (half >= 0) {
            throw new InvalidMessageException(
                    "%s of a message to topic %s has half a surrogate pair at index %d, which UTF-8 cannot hold: it would become a question mark. Nothing was published; correct the text, or send bytes"
                            .formatted(what, topic, half));
        }
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** Returns the index of the first half of a surrogate pair whose other half is missing; -1 if there is none. */
    static int halfPair(String text) {
        int i = 0;
        while (i < text.length()) {
            if (!Character.isSurrogate(text.charAt(i))) {
                i++;
            } else if (i + 1 < text.length() && Character.isSurrogatePair(text.charAt(i), text.charAt(i + 1))) {
                i += 2;
            } else {
                return i;
            }
        }
        return -1;
    }
}
