package io.reliablemessaging.relay;

import java.util.concurrent.TimeUnit;

/**
 * Lets work gather: after a piece of work come breaks of three times its length, so that little pieces never take more than a
 * quarter of the time. On an idle machine a piece takes a fraction of a millisecond and nobody notices. On a busy one it takes
 * longer, the breaks grow, and each piece serves more messages: the host's transactions need the machine more. Of one thread.
 */
final class Pace {

    private static final int BREAKS = 3;
    private static final long LONGEST = TimeUnit.MILLISECONDS.toNanos(20);

    private long begun = System.nanoTime();
    private long next = begun;

    void begin() {
        begun = System.nanoTime();
    }

    void end() {
        long now = System.nanoTime();
        next = now + Math.min(LONGEST, BREAKS * (now - begun));
    }

    /** Nanoseconds until the next piece may begin; nothing or less once it may. */
    long left() {
        return next - System.nanoTime();
    }
}
