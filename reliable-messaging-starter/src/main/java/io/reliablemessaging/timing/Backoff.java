package io.reliablemessaging.timing;

import java.time.Duration;

/** A delay that doubles with each failure, up to a limit, and begins with the first one after a success. Does not change. */
public final class Backoff {

    private final Duration first;
    private final Duration most;
    private final Duration delay;

    private Backoff(Duration first, Duration most, Duration delay) {
        this.first = first;
        this.most = most;
        this.delay = delay;
    }

    /**
     * Begins with the first delay.
     *
     * @param most longest delay; if it is shorter than the first one, the delay never grows
     */
    public static Backoff of(Duration first, Duration most) {
        return new Backoff(first, most.compareTo(first) < 0 ? first : most, first);
    }

    /** How long to wait before the next attempt. */
    public Duration delay() {
        return delay;
    }

    /** Whether the delay is the first one still. */
    public boolean isFirst() {
        return delay.equals(first);
    }

    /** Returns the one after another failure: with twice the delay, or the longest. */
    public Backoff doubled() {
        Duration twice = delay.multipliedBy(2);
        return new Backoff(first, most, twice.compareTo(most) > 0 ? most : twice);
    }

    /** Returns the one after a success: with the first delay. */
    public Backoff reset() {
        return isFirst() ? this : new Backoff(first, most, first);
    }
}
