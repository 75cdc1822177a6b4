package io.reliablemessaging.outbox;

import io.reliablemessaging.wire.WireMessage;
import java.time.Duration;

/**
 * A row of the outbox: a committed message that waits for the broker's acknowledgement.
 *
 * @param lane lane whose owner sends it
 * @param id place in the lane
 * @param message what Kafka is to get
 * @param storedAt when its transaction stored it, as {@link System#nanoTime} of this JVM would have been then
 */
public record OutboxRecord(int lane, long id, WireMessage message, long storedAt) {

    /** The moment, for {@link System#nanoTime}, that was so many seconds ago. */
    public static long secondsAgo(double seconds) {
        return System.nanoTime() - (long) (seconds * 1e9);
    }

    /** How long ago its transaction stored it. */
    public Duration waited() {
        return Duration.ofNanos(Math.max(0, System.nanoTime() - storedAt));
    }
}
