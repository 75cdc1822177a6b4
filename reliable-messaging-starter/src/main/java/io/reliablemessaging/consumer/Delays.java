package io.reliablemessaging.consumer;

import io.reliablemessaging.text.ReadableLogger;
import java.time.Duration;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.springframework.scheduling.concurrent.CustomizableThreadFactory;

/** Does short things later, on one thread; after {@link #close} no more. */
final class Delays implements AutoCloseable {

    private static final Logger log = ReadableLogger.of(Delays.class);

    private final ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(
            1, new CustomizableThreadFactory("rm-timer-"), new ThreadPoolExecutor.DiscardPolicy());

    void after(Duration delay, Runnable work) {
        ScheduledFuture<?> unused = timer.schedule(() -> guarded(work), delay.toMillis(), TimeUnit.MILLISECONDS);
    }

    private static void guarded(Runnable work) {
        try {
            work.run();
        } catch (RuntimeException e) {
            log.error("Something that was to be done later failed", e);
        }
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }
}
