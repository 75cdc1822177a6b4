package io.reliablemessaging.payload;

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
 * Lends instances of a serializer or deserializer, each to one thread at a time: Kafka does not require them to be
 * thread-safe. A call takes the instance that was used last, so there are only as many as calls that really overlap, and at
 * most as many as the limit; beyond it a call waits. An instance per thread would be too many with virtual threads, and with one
 * lock a call that waits for a schema registry would stop all others.
 *
 * @param <S> type of the instances
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
     * Creates the first instance at once, so that a wrong configuration fails the start of the application.
     *
     * @param limit maximum number of instances, at least one
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
            S ready = takeIdleOrPlace();
            if (ready != null) {
                return ready;
            }
            try {
                return maker.get(); // outside the lock, since it may be slow
            } catch (RuntimeException | Error e) {
                doWithFewer(e);
            }
        }
    }

    /** Takes an idle instance, or returns null and takes the place for a new one. Waits if the limit is reached. */
    private @Nullable S takeIdleOrPlace() {
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

    // the first instance could be created, so the message is not to blame if another one cannot
    private void doWithFewer(Throwable failure) {
        lock.lock();
        try {
            made--;
            if (made == 0) {
                throw new IllegalStateException(
                        "A serializer or deserializer was closed and cannot be created again", failure);
            }
            limit = made;
        } finally {
            lock.unlock();
        }
        log.warn(
                "Only {} instances of a serializer or deserializer can be created; further calls wait for a free one",
                limit,
                failure);
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

    /** Closes all instances; those in use are closed when they are given back. A late call still gets one. */
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
