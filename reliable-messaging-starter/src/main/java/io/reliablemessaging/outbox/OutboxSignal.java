package io.reliablemessaging.outbox;

import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** Tells the relay of this JVM that there is something to send. Any number of wake-ups before a look count as one. */
public final class OutboxSignal {

    private final Semaphore pending = new Semaphore(0);
    private volatile Supplier<Set<Integer>> lanesHere = Set::of;

    /**
     * Names the lanes that the relay of this JVM sends.
     *
     * @param lanes asked after each commit, so it must be quick; a lane may be named before it is sent, and must not be any
     *     more when another may have it
     */
    public void sends(Supplier<Set<Integer>> lanes) {
        lanesHere = lanes;
    }

    /** Wakes the relay if some of these lanes are its own, and returns the others. */
    Set<Integer> committed(Set<Integer> lanes) {
        Set<Integer> here = lanesHere.get();
        Set<Integer> elsewhere = new HashSet<>(lanes);
        if (elsewhere.removeAll(here)) {
            wake();
        }
        return elsewhere;
    }

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
