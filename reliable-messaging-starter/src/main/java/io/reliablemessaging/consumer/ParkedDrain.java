package io.reliablemessaging.consumer;

import io.reliablemessaging.deadletter.KeyClaim;
import io.reliablemessaging.deadletter.ParkedQueues;
import io.reliablemessaging.deadletter.ParkedQueues.Due;
import io.reliablemessaging.deadletter.ParkedQueues.Wanted;
import io.reliablemessaging.permits.HandlerPool;
import io.reliablemessaging.retry.FailureJudge;
import io.reliablemessaging.text.ReadableLogger;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/**
 * Has due parked messages handled: one thread claims them for all listeners of this instance with one statement. Each
 * instance of a group does so. It claims when the next key is due, when it is woken, and every second for what other
 * instances have parked.
 */
final class ParkedDrain {

    private static final Logger log = ReadableLogger.of(ParkedDrain.class);
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(1);

    private final ParkedQueues queues;
    private final OutageQueue database;
    private final HandlerPool pool;
    private final Executor threads;
    private final List<DrainedListener> listeners = new CopyOnWriteArrayList<>();
    private final Semaphore awake = new Semaphore(0);
    private boolean running;

    /**
     * Creates a drain without listeners. Its thread lives while there are listeners.
     *
     * @param threads run the drain, which blocks
     */
    ParkedDrain(ParkedQueues queues, OutageQueue database, HandlerPool pool, Executor threads) {
        this.queues = queues;
        this.database = database;
        this.pool = pool;
        this.threads = threads;
    }

    /** Adds a listener, whose parked messages are handled from now on. */
    void join(DrainedListener listener) {
        synchronized (this) {
            listeners.add(listener);
            if (!running) {
                running = true;
                threads.execute(this::run);
            }
        }
        wake();
    }

    /** Removes a listener: nothing more is claimed for it, and running handlers may finish within a bound. */
    void leave(DrainedListener listener) {
        listeners.remove(listener);
        wake();
        listener.close();
    }

    /** Has due messages claimed at once. */
    void wake() {
        awake.release();
    }

    private void run() {
        try {
            while (keepRunning()) {
                Duration wait = database.admits(this) ? runRound() : awaitDatabase();
                boolean unused = awake.tryAcquire(wait.toNanos(), TimeUnit.NANOSECONDS);
                awake.drainPermits();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized boolean keepRunning() {
        running = !listeners.isEmpty();
        return running;
    }

    private Duration awaitDatabase() {
        database.await(this, () -> {
            wake();
            return true;
        });
        return LONGEST_WAIT;
    }

    /**
     * Claims due messages and hands them out.
     *
     * @return the longest wait until the next round
     */
    private Duration runRound() {
        try {
            sweep();
            Map<Wanted, DrainedListener> wanted = collectWanted();
            Due due = queues.claimDue(List.copyOf(wanted.keySet()));
            Set<DrainedListener> idle = new HashSet<>(wanted.values());
            due.claims().forEach(keyClaim -> idle.remove(handOut(keyClaim, wanted)));
            idle.forEach(DrainedListener::noteNothingDue);
            Duration next = due.next();
            return next != null && next.compareTo(LONGEST_WAIT) < 0 ? next : LONGEST_WAIT;
        } catch (RuntimeException | Error e) { // there is one such thread, and none would take its place
            if (FailureJudge.suspectsDatabase(e)) {
                database.begin(e);
                return awaitDatabase();
            }
            log.error(
                    "Parked messages that are due could not be claimed. They stay parked; the next attempt follows in a second",
                    e);
            return LONGEST_WAIT;
        }
    }

    // a claim must not wait long for a permit: a listener gets as many as can run now, and at least one if it runs none
    private Map<Wanted, DrainedListener> collectWanted() {
        Map<Wanted, DrainedListener> wanted = new LinkedHashMap<>();
        int free = pool.free();
        for (DrainedListener listener : listeners) {
            int limit = listener.allowClaims(free);
            if (limit > 0) {
                wanted.put(new Wanted(listener.group(), listener.topics(), limit), listener);
            }
        }
        return wanted;
    }

    private static @Nullable DrainedListener handOut(KeyClaim keyClaim, Map<Wanted, DrainedListener> wanted) {
        for (Map.Entry<Wanted, DrainedListener> each : wanted.entrySet()) {
            if (each.getKey().group().equals(keyClaim.group())
                    && each.getKey().topics().contains(keyClaim.topic())) {
                each.getValue().handle(keyClaim);
                return each.getValue();
            }
        }
        return null;
    }

    private void sweep() {
        for (DrainedListener listener : listeners) {
            if (listener.takeSweep()) {
                int found = queues.adoptOrphans(listener.group(), listener.topics());
                if (found > 0) {
                    log.warn(
                            "{} parked messages of group {} had lost the row of their key. The row was written again, and they are handled now",
                            found,
                            listener.group());
                }
            }
        }
    }
}
