package io.reliablemessaging.timing;

import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.springframework.scheduling.concurrent.CustomizableThreadFactory;

/**
 * Runs the same work at intervals, on one thread of its own. The thread is a daemon: it does not keep a program alive. A run
 * that throws, an Error too, is reported and does not end the task. Can be started again after a stop.
 */
public final class PeriodicTask {

    private final String name;
    private final Duration interval;
    private final Runnable work;
    private final Consumer<Throwable> failed;
    private final Function<ThreadFactory, ScheduledExecutorService> schedulers;
    private volatile @Nullable Cycle cycle;

    /**
     * Creates a task that is not started.
     *
     * @param name name of its thread, without a number
     * @param interval from the end of a run to the start of the next one
     * @param failed is called on the thread of the task with what a run has thrown, unless the task was stopped meanwhile: what
     *     the run needs may be closed by then
     */
    public PeriodicTask(String name, Duration interval, Runnable work, Consumer<Throwable> failed) {
        this(name, interval, work, failed, Executors::newSingleThreadScheduledExecutor);
    }

    PeriodicTask(
            String name,
            Duration interval,
            Runnable work,
            Consumer<Throwable> failed,
            Function<ThreadFactory, ScheduledExecutorService> schedulers) {
        this.name = name;
        this.interval = interval;
        this.work = work;
        this.failed = failed;
        this.schedulers = schedulers;
    }

    /** Starts with a run. Does nothing while the task is running. */
    public void start() {
        start(Duration.ZERO);
    }

    /** Starts; the first run is due after an interval. Does nothing while the task is running. */
    public void startAfterInterval() {
        start(interval);
    }

    private synchronized void start(Duration delay) {
        if (cycle == null) {
            CustomizableThreadFactory threads = new CustomizableThreadFactory(name + "-");
            threads.setDaemon(true);
            Cycle started = new Cycle(schedulers.apply(threads));
            cycle = started; // first: the run that begins at once may ask whether the task is running
            started.schedule(delay);
        }
    }

    /** Asks for a run as soon as the thread is free, beside those at intervals. Requests that wait share one run. */
    public void runSoon() {
        Cycle current = cycle;
        if (current != null) {
            current.runSoon();
        }
    }

    /** Stops as {@link #stop(Duration)} does, and interrupts the current run at once. */
    public void stop() {
        stop(Duration.ZERO);
    }

    /**
     * Begins no more runs. Waits until the current run ends, for as long as the limit; then interrupts it and returns, though it
     * may not have ended. Returns at once, and interrupts nothing, if the run itself calls it.
     */
    public void stop(Duration limit) {
        Cycle stopped;
        synchronized (this) {
            stopped = cycle;
            cycle = null;
        }
        if (stopped != null) {
            stopped.stop(limit); // without the lock: the run may ask for it
        }
    }

    /** Whether the task was started and not stopped since. */
    public boolean isRunning() {
        return cycle != null;
    }

    /** What lasts from a start to its stop. */
    private final class Cycle {

        private final ScheduledExecutorService thread;
        private final AtomicBoolean requested = new AtomicBoolean();
        private volatile boolean stopped;
        private volatile @Nullable Thread runner;

        Cycle(ScheduledExecutorService thread) {
            this.thread = thread;
        }

        void schedule(Duration delay) {
            var unused =
                    thread.scheduleWithFixedDelay(this::run, delay.toNanos(), interval.toNanos(), TimeUnit.NANOSECONDS);
        }

        void runSoon() {
            if (!requested.compareAndSet(false, true)) {
                return;
            }
            boolean planned = false;
            try {
                thread.execute(() -> {
                    requested.set(false); // first: what is requested during the run needs another one
                    run();
                });
                planned = true;
            } catch (RejectedExecutionException e) {
                // stopped meanwhile
            } finally {
                if (!planned) {
                    requested.set(false);
                }
            }
        }

        private void run() {
            if (stopped) {
                return;
            }
            runner = Thread.currentThread();
            try {
                work.run();
            } catch (Throwable thrown) { // an Error, too: it would end the task without a word
                report(thrown);
            } finally {
                runner = null;
            }
        }

        private void report(Throwable thrown) {
            try {
                if (!stopped) {
                    failed.accept(thrown);
                }
            } catch (Throwable again) {
                // after an OutOfMemoryError, reporting it may fail as well; the next run is due all the same
            }
        }

        void stop(Duration limit) {
            stopped = true;
            thread.shutdown();
            if (Thread.currentThread() == runner) {
                return;
            }
            boolean ended = false;
            try {
                ended = thread.awaitTermination(limit.toNanos(), TimeUnit.NANOSECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } finally {
                if (!ended) {
                    thread.shutdownNow();
                }
            }
        }
    }
}
