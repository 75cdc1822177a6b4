package io.reliablemessaging.relay;

import java.time.Duration;

/**
 * How long the relay waits before it opens a new producer in the place of one that has failed: longer each time, until a
 * record is acknowledged. Of one thread.
 */
final class Restarts {

    private static final Duration FIRST = Duration.ofMillis(100);
    static final Duration LONGEST = Duration.ofSeconds(10);

    private Duration delay = Duration.ZERO;
    private long until = System.nanoTime();

    /** A producer has failed, and its records are no nearer to being sent. */
    void failed(long now) {
        Duration twice = delay.multipliedBy(2);
        delay = delay.isZero() ? FIRST : twice.compareTo(LONGEST) > 0 ? LONGEST : twice;
        until = now + delay.toNanos();
    }

    /** A record was acknowledged. */
    void taken() {
        delay = Duration.ZERO;
    }

    /** Whether no producer is to be opened for now. */
    boolean isWaiting(long now) {
        return now - until < 0;
    }

    /** How long that is, at most the limit. */
    Duration left(Duration limit, long now) {
        Duration left = Duration.ofNanos(Math.max(0, until - now));
        return isWaiting(now) && left.compareTo(limit) < 0 ? left : limit;
    }
}
