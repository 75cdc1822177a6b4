package io.reliablemessaging.producer;

import io.reliablemessaging.timing.Backoff;
import java.time.Duration;

/**
 * Decides how long the relay waits before it replaces a failed producer: longer each time, until a record is
 * acknowledged. Used by one thread.
 */
public final class ProducerRestarts {

    static final Duration LONGEST = Duration.ofSeconds(10);

    private Backoff backoff = Backoff.of(Duration.ofMillis(100), LONGEST);
    private long until = System.nanoTime();

    /** Notes that a producer has failed without progress. */
    public void noteFailure(long now) {
        until = now + backoff.delay().toNanos();
        backoff = backoff.doubled();
    }

    /** Notes that a record was acknowledged. */
    public void noteTaken() {
        backoff = backoff.reset();
    }

    /** Returns whether no producer must be opened for now. */
    public boolean isWaiting(long now) {
        return now - until < 0;
    }

    /** Returns the rest of that time, at most the limit. */
    public Duration untilNext(Duration limit, long now) {
        Duration left = Duration.ofNanos(Math.max(0, until - now));
        return isWaiting(now) && left.compareTo(limit) < 0 ? left : limit;
    }
}
