package io.reliablemessaging.benchmarks;

import io.reliablemessaging.Delivery;
import io.reliablemessaging.MessagingObserver;
import java.time.Duration;

/** Counts handlers whose transaction has committed, and what is dropped as a duplicate. */
final class Handled implements MessagingObserver {

    private static final Duration LIMIT = Duration.ofMinutes(3);

    private long count;
    private long target;
    private long first;
    private long last;

    @Override
    public void handled(Delivery delivery) {
        one();
    }

    @Override
    public void duplicate(Delivery delivery) {
        one();
    }

    synchronized void one() {
        if (count++ == 0) {
            first = System.nanoTime();
        }
        if (count == target) {
            last = System.nanoTime();
            notifyAll();
        }
    }

    synchronized void expect(long messages) {
        count = 0;
        target = messages;
    }

    /** Waits for what is expected; returns messages per second, from the first one to the last. */
    synchronized double awaitRate() {
        long deadline = System.nanoTime() + LIMIT.toNanos();
        while (count < target) {
            long left = (deadline - System.nanoTime()) / 1_000_000;
            if (left <= 0) {
                throw new IllegalStateException(
                        "Only %d of %d messages handled after %s".formatted(count, target, LIMIT));
            }
            try {
                wait(left);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
        return (target - 1) * 1e9 / (last - first);
    }
}
