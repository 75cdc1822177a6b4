package io.reliablemessaging.relay;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Lets work gather: after a piece of work comes a break of a millisecond for each message that it served, up to the longest
 * one. Where messages come seldom breaks stay short, and hardly a message meets one. Where many come each break is longer than
 * the last, until a piece serves all that comes within the longest one at once: the host's transactions, the database and the
 * broker need the machine more than many little pieces do. Of one thread.
 */
final class Pace {

    private static final long BREAK_EACH = TimeUnit.MILLISECONDS.toNanos(1);

    private final long longest;
    private long next = System.nanoTime();

    /**
     * Makes one.
     *
     * @param longest longest break
     */
    Pace(Duration longest) {
        this.longest = longest.toNanos();
    }

    /** A piece of work has ended. */
    void end(int served) {
        next = System.nanoTime() + Math.min(longest, served * BREAK_EACH);
    }

    /** Nanoseconds until the next piece may begin; nothing or less once it may. */
    long left() {
        return next - System.nanoTime();
    }
}
