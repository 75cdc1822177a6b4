package io.reliablemessaging;

import io.reliablemessaging.text.DurationText;
import java.time.Duration;

/**
 * Thrown by a handler that cannot do its work yet, because a precondition is missing or a service asks for a pause. Its
 * transaction is rolled back; the message is parked for the given time with the later ones of its key, and is then handled
 * again. No attempt is counted, however often this happens.
 */
public class RetryLaterException extends RuntimeException {

    private static final long serialVersionUID = 1;

    private final Duration delay;

    /**
     * Asks for another call.
     *
     * @param message why the handler cannot do its work now
     * @param delay how long to wait, longer than zero
     * @throws IllegalArgumentException if the delay is not longer than zero
     */
    public RetryLaterException(String message, Duration delay) {
        super(message);
        if (delay.isNegative() || delay.isZero()) {
            throw new IllegalArgumentException(
                    "Delay is %s; it must be longer than zero, or the message would be tried without a pause"
                            .formatted(DurationText.of(delay)));
        }
        this.delay = delay;
    }

    /** Asks for another call after the given time. */
    public RetryLaterException(Duration delay) {
        this("Asked to be called again in " + DurationText.of(delay), delay);
    }

    /** Returns how long the message waits. */
    public final Duration delay() {
        return delay;
    }
}
