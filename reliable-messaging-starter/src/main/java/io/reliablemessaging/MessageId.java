package io.reliablemessaging;

import java.time.Instant;
import java.util.Objects;
import java.util.UUID;

/**
 * Identifies one message for its whole life: in the outbox, on Kafka (header {@code rm-message-id}), in the inbox of every
 * consumer group and among the dead letters. It stays the same in a redelivery and in a redrive.
 *
 * @param value the identifier; a UUIDv7 (RFC 9562) if this library made it, so that later ids sort later, which keeps
 *     the inbox's index dense
 */
public record MessageId(UUID value) {

    private static final String FORM = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

    public MessageId {
        Objects.requireNonNull(value, "value");
    }

    /**
     * Makes a new id that has the given time in its first 48 bits.
     *
     * @param time when the message was made, stored to the millisecond
     */
    public static MessageId at(Instant time) {
        UUID random = UUID.randomUUID();
        long version7 = (time.toEpochMilli() << 16) | 0x7000L | (random.getMostSignificantBits() & 0x0FFFL);
        return new MessageId(new UUID(version7, random.getLeastSignificantBits()));
    }

    /**
     * Reads an id from its text form: 36 characters, of which 8, 4, 4, 4 and 12 are hexadecimal digits, in either case.
     * A shorter or longer text is refused, because {@link UUID#fromString} would read different texts as one id.
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
