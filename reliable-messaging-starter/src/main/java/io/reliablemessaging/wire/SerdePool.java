package io.reliablemessaging.wire;

import io.reliablemessaging.text.ReadableLogger;
import java.io.Closeable;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.kafka.common.utils.Utils;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/**
 * Lends instances of a serializer or deserializer, each to one thread at a time: Kafka's contract does not ask them to be
 * thread-safe. A call takes the instance that was used last, so there are only as many as calls that really overlap, and at
 * most as many as the limit; then a call waits. An instance per thread would never end with virtual threads, and one lock
 * would let a call that waits for a schema registry stop all others.
 *
 * @param <S> what is lent
 */
final class SerdePool<S extends Closeable> implements AutoCloseable {

    private static final Logger log = ReadableLogger.of(SerdePool.class);

    private final Supplier<S> maker;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition free = lock.newCondition();
    private final Deque<S> idle = new ArrayDeque<>();
    private int limit;
    private int made;
    private boolean closed;

    /**
     * Makes the first instance at once, so that a wrong configuration fails the start of the application.
     *
     * @param limit most instances at a time, at least one
     */
    SerdePool(Supplier<S> maker, int limit) {
        this.maker = maker;
        this.limit = limit;
        idle.push(maker.get());
        made = 1;
    }

    /** Runs work with an instance that no other thread uses meanwhile. */
    <R> R with(Function<S, R> work) {
        S instance = take();
        try {
            return work.apply(instance);
        } finally {
            giveBack(instance);
        }
    }

    private S take() {
        while (true) {
            S ready = idleOrPlace();
            if (ready != null) {
                return ready;
            }
            try {
                return maker.get(); // outside of the lock: it may be slow
            } catch (RuntimeException | Error e) {
                doWithFewer(e);
            }
        }
    }

    /** An instance, or null if one more may be made. */
    private @Nullable S idleOrPlace() {
        lock.lock();
        try {
            while (idle.isEmpty() && made >= limit) {
                free.awaitUninterruptibly();
            }
            if (idle.isEmpty()) {
                made++;
            }
            return idle.poll();
        } finally {
            lock.unlock();
        }
    }

    // the first instance could be made: that there is no further one is not the fault of the message
    private void doWithFewer(Throwable failure) {
        lock.lock();
        try {
            made--;
            if (made == 0) {
                throw new IllegalStateException(
                        "A serializer or deserializer was closed and cannot be made anew", failure);
            }
            limit = made;
        } finally {
            lock.unlock();
        }
        log.warn("Only {} instances of a serializer or deserializer can be made; calls wait for them", limit, failure);
    }

    private void giveBack(S instance) {
        lock.lock();
        try {
            if (!closed) {
                idle.push(instance);
                free.signal();
                return;
            }
            made--;
            free.signal();
        } finally {
            lock.unlock();
        }
        close(instance);
    }

    /** Closes every instance, those in use when they are given back. A late call still gets one. */
    @Override
    public void close() {
        Deque<S> unused;
        lock.lock();
        try {
            closed = true;
            unused = new ArrayDeque<>(idle);
            idle.clear();
            made -= unused.size();
            free.signalAll();
        } finally {
            lock.unlock();
        }
        unused.forEach(SerdePool::close);
    }

    private static void close(Closeable instance) {
        Utils.closeQuietly(instance, instance.getClass().getName());
    }
}
