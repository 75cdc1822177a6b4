package io.reliablemessaging.outbox;

import io.reliablemessaging.wire.WireMessage;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A row of the outbox: a committed message that waits for the broker's acknowledgement.
 *
 * @param lane lane whose owner sends it
 * @param id place in the lane
 * @param message message to send to Kafka
 * @param size the message's {@linkplain WireMessage#size size}, computed once
 * @param storedAt when its transaction stored it, as {@link System#nanoTime} of this JVM would have been then
 * @param unreadable why it cannot be sent to Kafka, or null: its headers cannot be read, or its topic or partition is
 *     invalid; such a message must not be sent
 * @param place where the table holds the row (its {@code ctid}), or null if unknown; only a hint, since rows can be
 *     moved
 */
public record OutboxRecord(
        int lane,
        long id,
        WireMessage message,
        int size,
        long storedAt,
        @Nullable RuntimeException unreadable,
        @Nullable String place) {

    /** Creates a readable row whose place is unknown. */
    public OutboxRecord(int lane, long id, WireMessage message, long storedAt) {
        this(lane, id, message, message.size(), storedAt, null, null);
    }

    /** Returns the same row with this place. */
    public OutboxRecord withPlace(String found) {
        return new OutboxRecord(lane, id, message, size, storedAt, unreadable, found);
    }

    /** Returns the {@link System#nanoTime} of so many seconds ago. */
    public static long secondsAgo(double seconds) {
        return System.nanoTime() - (long) (seconds * 1e9);
    }

    /** Returns how long ago its transaction stored it. */
    public Duration waited() {
        return Duration.ofNanos(Math.max(0, System.nanoTime() - storedAt));
    }
}
