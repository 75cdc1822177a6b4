package io.reliablemessaging.permits;

import io.reliablemessaging.text.ReadableLogger;
import java.time.Duration;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.springframework.scheduling.concurrent.CustomizableThreadFactory;

/** Runs short tasks after a delay, on one thread. After {@link #close} it runs nothing. */
public final class DelayedTasks implements AutoCloseable {

    private static final Logger log = ReadableLogger.of(DelayedTasks.class);

    private final ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(
            1, new CustomizableThreadFactory("rm-timer-"), new ThreadPoolExecutor.DiscardPolicy());

    /**
     * Runs a task once, after a delay.
     *
     * @param task names it in the log, with what it is for: the listener, the key or the record
     */
    public void schedule(Duration delay, String task, Runnable work) {
        ScheduledFuture<?> unused =
                timer.schedule(() -> runGuarded(task, work), delay.toMillis(), TimeUnit.MILLISECONDS);
    }

    private static void runGuarded(String task, Runnable work) {
        try {
            work.run();
        } catch (RuntimeException e) {
            log.error(
                    "Timer task failed: {}. It is not run again; what waits for it goes on when its partition is assigned again. Restart"
                            + " this instance if messages stay unhandled",
                    task,
                    e);
        }
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }
}
