package io.reliablemessaging.inbox;

import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import org.springframework.scheduling.concurrent.CustomizableThreadFactory;

/** Has old rows deleted while the application runs. Can be started again. */
final class InboxUpkeep implements SmartLifecycle {

    private static final Logger log = LoggerFactory.getLogger(InboxUpkeep.class);
    private static final Duration LOOK = Duration.ofMinutes(1);
    private static final Duration STOP_LIMIT = Duration.ofSeconds(5);

    private final InboxPurge purge;
    private @Nullable ScheduledExecutorService thread;
    private boolean troubled;

    InboxUpkeep(InboxPurge purge) {
        this.purge = purge;
    }

    @Override
    public synchronized void start() {
        ScheduledExecutorService started =
                Executors.newSingleThreadScheduledExecutor(new CustomizableThreadFactory("reliable-messaging-inbox-"));
        var unused = started.scheduleWithFixedDelay(() -> work(started), 0, LOOK.toMillis(), TimeUnit.MILLISECONDS);
        thread = started;
    }

    private void work(ScheduledExecutorService me) {
        try {
            long deleted = purge.run(me::isShutdown);
            log.debug("Deleted {} rows of the inbox that were older than its retention", deleted);
            troubled = false;
        } catch (RuntimeException e) {
            if (!troubled) {
                troubled = true;
                log.warn("Old rows of the inbox could not be deleted; trying again every {}: {}", LOOK, e.toString());
            }
        }
    }

    @Override
    public synchronized void stop() {
        if (thread == null) {
            return;
        }
        thread.shutdown();
        try {
            if (!thread.awaitTermination(STOP_LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
                thread.shutdownNow();
            }
        } catch (InterruptedException e) {
            thread.shutdownNow();
            Thread.currentThread().interrupt();
        }
        thread = null;
    }

    @Override
    public synchronized boolean isRunning() {
        return thread != null;
    }
}
