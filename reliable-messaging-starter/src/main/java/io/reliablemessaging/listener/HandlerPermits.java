package io.reliablemessaging.listener;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How many handlers of the application may run at once. Each holds a connection of the pool that the relay and the host's
 * own work draw from as well; if slow handlers could take them all, the relay would lose its lanes.
 */
final class HandlerPermits {

    // the relay's reader, its deleter, its lane keeper, and one for the host
    private static final int FOR_OTHERS = 4;
    private static final Logger log = LoggerFactory.getLogger(HandlerPermits.class);

    private final int count;
    private final Semaphore free;

    private HandlerPermits(int count) {
        this.count = count;
        this.free = new Semaphore(count);
    }

    /**
     * Permits for a pool.
     *
     * @param connections most connections of the pool; less than 1 if it does not tell
     */
    static HandlerPermits of(int connections) {
        if (connections < 1) {
            return new HandlerPermits(Integer.MAX_VALUE);
        }
        int count = Math.max(1, connections - FOR_OTHERS);
        log.info(
                "At most {} handlers run at once, since the connection pool has {} connections; a larger pool allows more",
                count,
                connections);
        return new HandlerPermits(count);
    }

    /** How many threads of a listener can be of use, if it would have so many: more would only wake up to wait here. */
    int ofUse(int threads) {
        return Math.min(threads, count);
    }

    /**
     * Waits for a permit.
     *
     * @throws InterruptedException if the waiting thread is interrupted
     */
    void acquire() throws InterruptedException {
        free.acquire();
    }

    /**
     * Waits for a permit, at most this long.
     *
     * @throws InterruptedException if the waiting thread is interrupted
     */
    boolean tryAcquire(Duration limit) throws InterruptedException {
        return free.tryAcquire(limit.toNanos(), TimeUnit.NANOSECONDS);
    }

    void release() {
        free.release();
    }
}
