package io.reliablemessaging.permits;

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
 * Runs the handlers of all listeners on shared threads: each listener up to its concurrency, all together up to the number
 * of permits. A permit stands for the connections that one handler uses. Work that waits for a permit blocks no thread.
 *
 * <p>Permits are shared fairly: the listener that runs the fewest handlers is served first. A part of the permits is
 * reserved for listeners that run nothing, so that handlers that hang stop only their own listener. With more listeners than
 * permits, listeners take turns.
 */
public final class HandlerPool implements AutoCloseable {

    private static final Logger log = ReadableLogger.of(HandlerPool.class);

    private static final int RESERVED_PART = 3;
    private static final int IDLE_SECONDS = 10;
    // runs without a pool time-out, for each allowed run, before one more is allowed
    private static final int RUNS_PER_STEP = 100;
    // while throttled: one more run is allowed when none has ended for so long
    private static final Duration STALLED = Duration.ofSeconds(5);

    private final int permits;
    private final DelayedTasks timer;
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
    private boolean stallCheckScheduled;
    private boolean exhausted;
    private long exhaustedSince;

    public HandlerPool(int permits, ThreadFactory factory, DelayedTasks timer) {
        this(permits, factory, timer, STALLED);
    }

    public HandlerPool(int permits, ThreadFactory factory, DelayedTasks timer, Duration stalled) {
        this.permits = permits;
        this.allowed = permits;
        this.timer = timer;
        this.stalled = stalled;
        this.threads = new ThreadPoolExecutor(
                0, Integer.MAX_VALUE, IDLE_SECONDS, TimeUnit.SECONDS, new SynchronousQueue<>(), factory);
    }

    /**
     * Computes how many handlers may run at once with a connection pool of this size.
     *
     * @param connections size of the pool; less than 1 if the pool does not tell it
     * @param others connections that are left for other uses
     * @param each connections that one handler may use at the same time
     */
    public static int permits(int connections, int others, int each) {
        return connections < 1 ? Integer.MAX_VALUE : Math.max(1, (connections - others) / each);
    }

    public int permits() {
        return permits;
    }

    /** Returns how many permits are free; {@link Integer#MAX_VALUE} if there is no limit. */
    public int free() {
        lock.lock();
        try {
            return permits == Integer.MAX_VALUE ? permits : Math.max(0, allowed - running);
        } finally {
            lock.unlock();
        }
    }

    /** Returns for how long, without a break, some handler has waited only because there are too few permits. */
    public Duration exhaustedFor() {
        lock.lock();
        try {
            return exhausted ? Duration.ofNanos(System.nanoTime() - exhaustedSince) : Duration.ZERO;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Opens a listener's share of the permits.
     *
     * @param listener id of the listener
     * @param name prefix of the names of its threads
     * @param concurrency most runs at once, within the permits
     */
    public Share join(String listener, String name, int concurrency) {
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
     * Restarts with one run at a time and doubles that after each run, so that a database that is back is not flooded.
     * Changes nothing while the pool is throttled.
     */
    public void rampUp() {
        changeAllowed(() -> {
            if (allowed == permits || doubling) {
                allowed = 1;
                doubling = true;
            }
        });
    }

    /** Halves the number of allowed runs, because the connection pool is too small for them. It grows again slowly. */
    public void throttle() {
        changeAllowed(() -> {
            allowed = Math.max(1, Math.min(allowed, running) / 2);
            doubling = false;
            runsSinceStep = 0;
        });
    }

    private void changeAllowed(Runnable change) {
        lock.lock();
        try {
            if (permits != Integer.MAX_VALUE) {
                change.run();
                scheduleStallCheck();
            }
        } finally {
            lock.unlock();
        }
    }

    // a handler that hangs ends no run, and must not stop all others from starting
    private void scheduleStallCheck() {
        if (!stallCheckScheduled && allowed < permits) {
            stallCheckScheduled = true;
            long before = ends;
            timer.schedule(stalled, "check for stalled handlers", () -> allowMoreIfNoneEnded(before));
        }
    }

    private void allowMoreIfNoneEnded(long before) {
        lock.lock();
        try {
            stallCheckScheduled = false;
            if (ends == before) {
                allowed = Math.min(permits, Math.max(allowed, running) + 1);
                startGranted();
            }
            scheduleStallCheck();
        } finally {
            lock.unlock();
        }
    }

    /** A run that has a permit. */
    private record Run(Share share, Runnable work) {}

    private void startGranted() {
        for (Run next = grant(); next != null; next = grant()) {
            Run granted = next;
            try {
                threads.execute(() -> runAll(granted));
            } catch (RuntimeException | Error e) { // no thread could be created: the permit is free again
                granted.share().running--;
                running--;
                granted.share().queue.addFirst(granted.work());
                throw e;
            }
        }
        noteExhaustion();
    }

    // called when nothing more can be granted; while the pool is throttled, permits are not the limit
    private void noteExhaustion() {
        boolean waits = false;
        for (Share share : shares) {
            waits |= !share.queue.isEmpty() && share.running < share.wanted;
        }
        boolean now = waits && allowed >= permits;
        if (now && !exhausted) {
            exhaustedSince = System.nanoTime();
        }
        exhausted = now;
    }

    private @Nullable Run grant() {
        Share share = nextShare();
        if (share == null) {
            return null;
        }
        share.running++;
        share.lastTurn = ++turns;
        running++;
        return new Run(share, share.queue.removeFirst());
    }

    private @Nullable Share nextShare() {
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

    // the first run of a listener may take any permit; further runs leave some for listeners that run nothing
    private boolean mayRunOneMore(Share share) {
        if (permits == Integer.MAX_VALUE || running(share.listener) == 0) {
            return true;
        }
        int reserved = Math.min(idleListeners(), Math.max(1, permits / RESERVED_PART));
        return allowed - running > reserved;
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

    private int running(String listener) {
        int sum = 0;
        for (Share share : shares) {
            if (share.listener.equals(listener)) {
                sum += share.running;
            }
        }
        return sum;
    }

    // a thread takes the next run itself: waking another thread for each would cost more than some handlers
    private void runAll(Run first) {
        Run next = first;
        while (next != null) {
            run(next);
            next = endRun(next.share());
        }
    }

    private static void run(Run granted) {
        Share share = granted.share();
        nameThread(share.name);
        try {
            granted.work().run();
        } catch (RuntimeException | Error e) {
            log.error(
                    "Run on thread {} failed outside the handler. Its messages wait until their partition is assigned again; restart this instance if that does not happen",
                    share.name,
                    e);
        }
    }

    private static void nameThread(String name) {
        Thread thread = Thread.currentThread();
        String before = thread.getName();
        // the number that the factory gave the thread stays the same, whatever listener it works for
        String wanted = name + before.substring(before.lastIndexOf('-') + 1);
        if (!before.equals(wanted)) {
            thread.setName(wanted);
        }
    }

    private @Nullable Run endRun(Share share) {
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
            startGranted();
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

    /** A listener's share of the permits. Work that cannot run yet waits here, in order. */
    public final class Share implements Executor {

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

        /** Runs work as soon as a permit is free. After {@link #close}, it drops the work. */
        @Override
        public void execute(Runnable work) {
            lock.lock();
            try {
                if (!closed) {
                    queue.add(work);
                    startGranted();
                }
            } finally {
                lock.unlock();
            }
        }

        /** Returns the most runs at once. */
        public int most() {
            return most;
        }

        /** Starts nothing more. Running handlers are not interrupted: that would make them fail. */
        public void close() {
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
         * Waits until no run of this share is left.
         *
         * @return false if something still does
         * @throws InterruptedException if the waiting thread is interrupted
         */
        public boolean awaitIdle(Duration limit) throws InterruptedException {
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
