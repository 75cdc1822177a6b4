package io.reliablemessaging.relay;

import io.reliablemessaging.timing.Backoff;
import java.time.Duration;

/**
 * Decides how long the relay waits before it replaces a failed producer: longer each time, until a record is
 * acknowledged. Used by one thread.
 */
final class Restarts {

    static final Duration LONGEST = Duration.ofSeconds(10);

    private Backoff backoff = Backoff.of(Duration.ofMillis(100), LONGEST);
    private long until = System.nanoTime();

    /** Notes that a producer has failed without progress. */
    void noteFailure(long now) {
        until = now + backoff.delay().toNanos();
        backoff = backoff.doubled();
    }

    /** Notes that a record was acknowledged. */
    void noteTaken() {
        backoff = backoff.reset();
    }

    /** Returns whether no producer must be opened for now. */
    boolean isWaiting(long now) {
        return now - until < 0;
    }

    /** Returns the rest of that time, at most the limit. */
    Duration untilNext(Duration limit, long now) {
        Duration left = Duration.ofNanos(Math.max(0, until - now));
        return isWaiting(now) && left.compareTo(limit) < 0 ? left : limit;
    }
}
