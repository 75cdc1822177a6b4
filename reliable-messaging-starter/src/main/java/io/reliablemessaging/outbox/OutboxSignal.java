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
    private final Semaphore delayed = new Semaphore(0);
    private volatile boolean released;
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
        wake(pending);
    }

    /** Messages have been delayed: one of them may be due before those that are known. Ends {@link #awaitDelayed}. */
    public void delayed() {
        wake(delayed);
    }

    private static void wake(Semaphore sleeper) {
        if (sleeper.availablePermits() == 0) {
            sleeper.release();
        }
    }

    /** Messages in quarantine are released. Wakes, as {@link #wake} does. */
    public void released() {
        released = true;
        wake();
    }

    /** Whether messages in quarantine were released since this was last asked. */
    public boolean takeReleased() {
        boolean was = released;
        released = false;
        return was;
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
