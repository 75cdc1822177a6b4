package io.reliablemessaging.relay;

import io.reliablemessaging.timing.Backoff;
import java.time.Duration;

/**
 * A pause until a moment, which doubles with each failed retry.
 *
 * @param until by the clock of {@link System#nanoTime()}
 * @param delay length of the pause
 * @param next length of the next pause
 */
record TopicHold(long until, Duration delay, Backoff next) {

    static final Duration LONGEST = Duration.ofSeconds(30);
    private static final Backoff BACKOFF = Backoff.of(Duration.ofSeconds(1), LONGEST);

    static TopicHold first(long now) {
        return over(now).again(now);
    }

    /** Creates a pause that is over. */
    static TopicHold over(long now) {
        return new TopicHold(now, Duration.ZERO, BACKOFF);
    }

    /**
     * Returns the next pause after another failure. Failures during a pause, as of the other records of a batch, do not
     * count.
     */
    TopicHold again(long now) {
        Duration longer = next.delay();
        return isOn(now) ? this : new TopicHold(now + longer.toNanos(), longer, next.doubled());
    }

    boolean isOn(long now) {
        return now - until < 0;
    }
}
