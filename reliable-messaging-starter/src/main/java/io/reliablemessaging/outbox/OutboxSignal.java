package io.reliablemessaging.outbox;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** Tells the relay of this JVM that there is something to send. Any number of wake-ups before a look count as one. */
public final class OutboxSignal {

    private final Semaphore pending = new Semaphore(0);

    /** Ends the current wait, or the next one at once. */
    public void wake() {
        if (pending.availablePermits() == 0) {
            pending.release();
        }
    }

    /**
     * Waits for a wake-up, at most this long.
     *
     * @throws InterruptedException if the waiting thread is interrupted
     */
    public void await(Duration limit) throws InterruptedException {
        if (pending.tryAcquire(limit.toNanos(), TimeUnit.NANOSECONDS)) {
            pending.drainPermits();
        }
    }
}
