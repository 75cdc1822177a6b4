package io.reliablemessaging.producer;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Makes breaks between pieces of work, so that work gathers: a millisecond for each message that the piece served, up
 * to a longest break. When messages are rare, breaks are short, and hardly a message waits for one. When messages are
 * many, each break is longer than the last, until a piece serves all messages of a longest break: few large pieces
 * leave more of the machine to the host's transactions, the database and the broker than many small ones. Used by one
 * thread.
 */
public final class BatchingPause {

    private static final long BREAK_EACH = TimeUnit.MILLISECONDS.toNanos(1);

    private final long longest;
    private long next = System.nanoTime();

    /**
     * Creates the pacing.
     *
     * @param longest longest break
     */
    public BatchingPause(Duration longest) {
        this.longest = longest.toNanos();
    }

    /** Starts a break after a piece of work that has served so many messages. */
    public void noteServed(int served) {
        next = System.nanoTime() + Math.min(longest, served * BREAK_EACH);
    }

    /** Returns the nanoseconds until the next piece may begin; zero or less if it may begin now. */
    public long left() {
        return next - System.nanoTime();
    }
}
