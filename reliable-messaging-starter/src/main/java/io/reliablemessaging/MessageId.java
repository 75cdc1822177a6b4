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
     * Reads an id from its text form.
     *
     * @throws IllegalArgumentException if the text is not a UUID
     */
    public static MessageId of(String text) {
        return new MessageId(UUID.fromString(text));
    }

    @Override
    public String toString() {
        return value.toString();
    }
}
