package io.reliablemessaging.benchmarks;

import io.reliablemessaging.Confirmation;
import io.reliablemessaging.MessagingObserver;
import java.time.Duration;

/** Counts messages that the broker has acknowledged and that are deleted from the outbox, in all instances. */
final class Sent implements MessagingObserver {

    private static final Duration LIMIT = Duration.ofMinutes(5);

    private long count;
    private long target;
    private long reached;

    @Override
    public synchronized void sent(Confirmation confirmation, Duration waited) {
        if (++count == target) {
            reached = System.nanoTime();
            notifyAll();
        }
    }

    synchronized void reset() {
        count = 0;
        target = 0;
    }

    /** Waits until so many have been sent since the reset; returns when, as {@link System#nanoTime}. */
    synchronized long await(long messages) {
        target = messages;
        reached = System.nanoTime();
        long deadline = reached + LIMIT.toNanos();
        while (count < messages) {
            long left = (deadline - System.nanoTime()) / 1_000_000;
            if (left <= 0) {
                throw new IllegalStateException(
                        "Only %d of %d messages sent after %s".formatted(count, messages, LIMIT));
            }
            try {
                wait(left);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
        return reached;
    }
}
