package io.reliablemessaging.relay;

import java.util.concurrent.TimeUnit;

/**
 * Lets work gather: after a piece of work comes a break of a millisecond for each message that it served, up to 30. Below a
 * thousand messages a second breaks stay short, and hardly a message meets one. Above it each break is longer than the last,
 * until a piece serves all of 30 milliseconds at once: the host's transactions, the database and the broker need the machine
 * more than many little pieces do. Of one thread.
 */
final class Pace {

    private static final long BREAK_EACH = TimeUnit.MILLISECONDS.toNanos(1);
    private static final long LONGEST = TimeUnit.MILLISECONDS.toNanos(30);

    private long next = System.nanoTime();

    /** A piece of work has ended. */
    void end(int served) {
        next = System.nanoTime() + Math.min(LONGEST, served * BREAK_EACH);
    }

    /** Nanoseconds until the next piece may begin; nothing or less once it may. */
    long left() {
        return next - System.nanoTime();
    }
}
