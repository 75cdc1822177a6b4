package io.reliablemessaging.consumer;

import io.reliablemessaging.text.ReadableLogger;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/**
 * Runs the handlers of all listeners on shared threads: those of a listener up to its concurrency, all together up to the
 * permits, of which each stands for the connections that a handler holds. Nobody waits for a permit with a thread.
 *
 * <p>Permits are shared fairly. Whoever runs the least is served first. While other listeners run nothing, a part of the
 * permits is kept free for them, so that handlers that hang, or take very long, stop their own listener only. With more
 * listeners than permits they take turns.
 */
final class HandlerPool implements AutoCloseable {

    private static final Logger log = ReadableLogger.of(HandlerPool.class);

    private static final int KEPT_PART = 3;
    private static final int IDLE_SECONDS = 10;
    // runs without a pool time-out, for each permit, before one more is given out
    private static final int RUNS_PER_STEP = 100;
    // while fewer may run than there are permits: one more when none has ended for so long
    private static final Duration STALLED = Duration.ofSeconds(5);

    private final int permits;
    private final Delays timer;
    private final Duration stalled;
    private final ExecutorService threads;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition idle = lock.newCondition();
    private final List<Share> shares = new ArrayList<>();
    private int running;
    private int allowed;
    private boolean doubling;
    private int runsSinceStep;
    private long turns;
    private long ends;
    private boolean watched;
    private boolean limits;
    private long limitsSince;

    HandlerPool(int permits, ThreadFactory factory, Delays timer) {
        this(permits, factory, timer, STALLED);
    }

    HandlerPool(int permits, ThreadFactory factory, Delays timer, Duration stalled) {
        this.permits = permits;
        this.allowed = permits;
        this.timer = timer;
        this.stalled = stalled;
        this.threads = new ThreadPoolExecutor(
                0, Integer.MAX_VALUE, IDLE_SECONDS, TimeUnit.SECONDS, new SynchronousQueue<>(), factory);
    }

    /**
     * How many handlers may run at once with a connection pool of this size.
     *
     * @param connections most connections of the pool; less than 1 if it does not tell
     * @param others how many of them are left to others than handlers
     * @param each connections that a handler may use at once
     */
    static int permits(int connections, int others, int each) {
        return connections < 1 ? Integer.MAX_VALUE : Math.max(1, (connections - others) / each);
    }

    int permits() {
        return permits;
    }

    /** Permits that are free now; the maximum if there is no limit. */
    int free() {
        lock.lock();
        try {
            return permits == Integer.MAX_VALUE ? permits : Math.max(0, allowed - running);
        } finally {
            lock.unlock();
        }
    }

    /** How long, without a break, some handler could have begun if there were more permits. */
    Duration limitsFor() {
        lock.lock();
        try {
            return limits ? Duration.ofNanos(System.nanoTime() - limitsSince) : Duration.ZERO;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Opens a share of the permits.
     *
     * @param listener whose handlers run on it
     * @param name begins the names of its threads
     * @param concurrency most runs at once, as far as permits go
     */
    Share join(String listener, String name, int concurrency) {
        Share share = new Share(listener, name, concurrency, Math.min(concurrency, permits));
        lock.lock();
        try {
            shares.add(share);
        } finally {
            lock.unlock();
        }
        return share;
    }

    /**
     * Begins with one run at a time, and allows twice as many after each: what was away is not to be flooded. Changes nothing
     * while the pool is throttled.
     */
    void rampUp() {
        limit(() -> {
            if (allowed == permits || doubling) {
                allowed = 1;
                doubling = true;
            }
        });
    }

    /** Allows half of the runs that there are now: the connection pool is too small for them. Allows more again, slowly. */
    void throttle() {
        limit(() -> {
            allowed = Math.max(1, Math.min(allowed, running) / 2);
            doubling = false;
            runsSinceStep = 0;
        });
    }

    private void limit(Runnable change) {
        lock.lock();
        try {
            if (permits != Integer.MAX_VALUE) {
                change.run();
                watch();
            }
        } finally {
            lock.unlock();
        }
    }

    // what hangs ends no run, and must not keep everybody else from beginning one
    private void watch() {
        if (!watched && allowed < permits) {
            watched = true;
            long before = ends;
            timer.after(stalled, () -> allowMoreIfNoneEnded(before));
        }
    }

    private void allowMoreIfNoneEnded(long before) {
        lock.lock();
        try {
            watched = false;
            if (ends == before) {
                allowed = Math.min(permits, Math.max(allowed, running) + 1);
                start();
            }
            watch();
        } finally {
            lock.unlock();
        }
    }

    /** One run that has its permit. */
    private record Run(Share share, Runnable work) {}

    private void start() {
        for (Run next = grant(); next != null; next = grant()) {
            Run granted = next;
            try {
                threads.execute(() -> runAll(granted));
            } catch (RuntimeException | Error e) { // no thread could be made: what is granted to none is nobody's
                granted.share().running--;
                running--;
                granted.share().queue.addFirst(granted.work());
                throw e;
            }
        }
        noteWhetherPermitsLimit();
    }

    // called when nothing more can be granted; while fewer are allowed than there are permits, something else is the
    // limit
    private void noteWhetherPermitsLimit() {
        boolean waits = false;
        for (Share share : shares) {
            waits |= !share.queue.isEmpty() && share.running < share.wanted;
        }
        boolean now = waits && allowed >= permits;
        if (now && !limits) {
            limitsSince = System.nanoTime();
        }
        limits = now;
    }

    private @Nullable Run grant() {
        Share share = next();
        if (share == null) {
            return null;
        }
        share.running++;
        share.lastTurn = ++turns;
        running++;
        return new Run(share, share.queue.removeFirst());
    }

    private @Nullable Share next() {
        if (running >= allowed) {
            return null;
        }
        Share best = null;
        for (Share share : shares) {
            if (!share.queue.isEmpty()
                    && share.running < share.most
                    && mayRunOneMore(share)
                    && (best == null || share.comesBefore(best))) {
                best = share;
            }
        }
        return best;
    }

    // the first run of a listener takes any permit; further ones leave some for listeners that run nothing
    private boolean mayRunOneMore(Share share) {
        if (permits == Integer.MAX_VALUE || runs(share.listener) == 0) {
            return true;
        }
        int kept = Math.min(idleListeners(), Math.max(1, permits / KEPT_PART));
        return allowed - running > kept;
    }

    private int idleListeners() {
        Set<String> idle = new HashSet<>();
        shares.forEach(share -> idle.add(share.listener));
        for (Share share : shares) {
            if (share.running > 0) {
                idle.remove(share.listener);
            }
        }
        return idle.size();
    }

    private int runs(String listener) {
        int runs = 0;
        for (Share share : shares) {
            if (share.listener.equals(listener)) {
                runs += share.running;
            }
        }
        return runs;
    }

    // a thread goes on with the next run by itself: to wake another one for each would cost more than some handlers
    private void runAll(Run first) {
        Run next = first;
        while (next != null) {
            run(next);
            next = ended(next.share());
        }
    }

    private static void run(Run granted) {
        Share share = granted.share();
        nameThread(share.name);
        try {
            granted.work().run();
        } catch (RuntimeException | Error e) {
            log.error(
                    "A run of {} has failed; its messages wait until their partition is assigned again", share.name, e);
        }
    }

    private static void nameThread(String name) {
        Thread thread = Thread.currentThread();
        String before = thread.getName();
        // the number that its factory has given it stays the same, whatever it works for
        String wanted = name + before.substring(before.lastIndexOf('-') + 1);
        if (!before.equals(wanted)) {
            thread.setName(wanted);
        }
    }

    private @Nullable Run ended(Share share) {
        lock.lock();
        try {
            share.running--;
            running--;
            ends++;
            if (share.running == 0) {
                idle.signalAll();
            }
            grow();
            Run mine = grant();
            start();
            return mine;
        } finally {
            lock.unlock();
        }
    }

    private void grow() {
        if (allowed >= permits) {
            return;
        }
        if (doubling) {
            allowed = Math.min(permits, allowed * 2);
        } else if (++runsSinceStep >= RUNS_PER_STEP * allowed) {
            runsSinceStep = 0;
            allowed++;
        }
    }

    @Override
    public void close() {
        threads.shutdown();
    }

    /** What one listener runs. Work that cannot run yet waits here, in its order. */
    final class Share implements Executor {

        private final String listener;
        private final String name;
        private final int wanted;
        private final int most;
        private final Deque<Runnable> queue = new ArrayDeque<>();
        private int running;
        private long lastTurn;
        private boolean closed;

        private Share(String listener, String name, int wanted, int most) {
            this.listener = listener;
            this.name = name;
            this.wanted = wanted;
            this.most = most;
        }

        /** Runs it as soon as there is a permit; after {@link #close} it is dropped. */
        @Override
        public void execute(Runnable work) {
            lock.lock();
            try {
                if (!closed) {
                    queue.add(work);
                    start();
                }
            } finally {
                lock.unlock();
            }
        }

        /** Most runs at once. */
        int most() {
            return most;
        }

        /** Begins nothing more. What runs goes on: to interrupt a handler would be a failure of its own. */
        void close() {
            lock.lock();
            try {
                closed = true;
                queue.clear();
                shares.remove(this);
            } finally {
                lock.unlock();
            }
        }

        /**
         * Waits until nothing of it runs.
         *
         * @return false if something still does
         * @throws InterruptedException if the waiting thread is interrupted
         */
        boolean awaitIdle(Duration limit) throws InterruptedException {
            lock.lock();
            try {
                long left = limit.toNanos();
                while (running > 0 && left > 0) {
                    left = idle.awaitNanos(left);
                }
                return running == 0;
            } finally {
                lock.unlock();
            }
        }

        private boolean comesBefore(Share other) {
            return running != other.running ? running < other.running : lastTurn < other.lastTurn;
        }
    }
}
