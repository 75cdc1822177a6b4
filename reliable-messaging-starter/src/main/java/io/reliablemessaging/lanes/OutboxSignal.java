package io.reliablemessaging.lanes;

import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Wakes the relay of this JVM when there is something to send. Several wake-ups before the relay reads count as one.
 */
public final class OutboxSignal {

    private final Semaphore pending = new Semaphore(0);
    private final Semaphore delayed = new Semaphore(0);
    private volatile boolean released;
    private volatile Supplier<Set<Integer>> lanesHere = Set::of;

    /**
     * Sets the lanes that the relay of this JVM sends.
     *
     * @param lanes called after each commit, so it must be quick; it may include a lane before this relay sends it, but
     *     must not include one that another instance may own
     */
    public void setLanesHere(Supplier<Set<Integer>> lanes) {
        lanesHere = lanes;
    }

    /** Wakes the relay if it owns some of these lanes, and returns the other lanes. */
    public Set<Integer> wakeForLanesHere(Set<Integer> lanes) {
        Set<Integer> here = lanesHere.get();
        Set<Integer> elsewhere = new HashSet<>(lanes);
        if (elsewhere.removeAll(here)) {
            wake();
        }
        return elsewhere;
    }

    /** Wakes the relay: ends its current wait, or its next one at once. */
    public void wake() {
        wake(pending);
    }

    /** Ends {@link #awaitDelayed}: new delayed messages may be due before those that were known. */
    public void wakeForDelayed() {
        wake(delayed);
    }

    private static void wake(Semaphore sleeper) {
        if (sleeper.availablePermits() == 0) {
            sleeper.release();
        }
    }

    /** Notes that messages in quarantine were released, and wakes the relay. */
    public void noteReleased() {
        released = true;
        wake();
    }

    /** Returns whether messages in quarantine were released since the last call, and resets that. */
    public boolean takeReleased() {
        boolean taken = released;
        released = false;
        return taken;
    }

    /**
     * Waits for a wake-up, at most this long.
     *
     * @throws InterruptedException if the waiting thread is interrupted
     */
    public void await(Duration limit) throws InterruptedException {
        await(pending, limit);
    }

    /**
     * Waits until messages have been delayed, at most this long.
     *
     * @throws InterruptedException if the waiting thread is interrupted
     */
    public void awaitDelayed(Duration limit) throws InterruptedException {
        await(delayed, limit);
    }

    private static void await(Semaphore sleeper, Duration limit) throws InterruptedException {
        if (sleeper.tryAcquire(limit.toNanos(), TimeUnit.NANOSECONDS)) {
            sleeper.drainPermits();
        }
    }
}
