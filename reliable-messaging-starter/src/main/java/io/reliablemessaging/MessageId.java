package io.reliablemessaging;

import java.time.Instant;
import java.util.Objects;
import java.util.UUID;

/**
 * Names one message for its whole life: in the outbox, on Kafka (header {@code rm-message-id}), in the inbox of every
 * consumer group and among the dead letters. A redelivery keeps it, so does a redrive.
 *
 * @param value the identifier, a UUIDv7 (RFC 9562) where this library made it: ids made later sort later, which keeps
 *     the inbox's index dense
 */
public record MessageId(UUID value) {

    private static final String FORM = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

    public MessageId {
        Objects.requireNonNull(value, "value");
    }

    /**
     * Makes a new id that carries the given time in its first 48 bits.
     *
     * @param time the time of the message's making, kept to the millisecond
     */
    public static MessageId at(Instant time) {
        UUID random = UUID.randomUUID();
        long version7 = (time.toEpochMilli() << 16) | 0x7000L | (random.getMostSignificantBits() & 0x0FFFL);
        return new MessageId(new UUID(version7, random.getLeastSignificantBits()));
    }

    /**
     * Reads an id from its text form: 36 characters, of which 8, 4, 4, 4 and 12 are hexadecimal digits, in either case.
     * Anything shorter or longer is refused, since {@link UUID#fromString} would make one id of different texts.
     *
     * @throws IllegalArgumentException if the text is not a UUID in this form
     */
    public static MessageId of(String text) {
        if (!isCanonical(text)) {
            throw new IllegalArgumentException(
                    "Text of %d characters is not a UUID of the form xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"
                            .formatted(text.length()));
        }
        return new MessageId(UUID.fromString(text));
    }

    private static boolean isCanonical(String text) {
        if (text.length() != FORM.length()) {
            return false;
        }
        for (int i = 0; i < text.length(); i++) {
            char each = text.charAt(i);
            boolean right = FORM.charAt(i) == '-' ? each == '-' : isHexadecimal(each);
            if (!right) {
                return false;
            }
        }
        return true;
    }

    private static boolean isHexadecimal(char each) {
        return (each >= '0' && each <= '9') || (each >= 'a' && each <= 'f') || (each >= 'A' && each <= 'F');
    }

    @Override
    public String toString() {
        return value.toString();
    }
}
