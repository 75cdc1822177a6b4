package io.reliablemessaging.inbox;

import io.reliablemessaging.reachability.FailureLog;
import io.reliablemessaging.reachability.Infrastructure;
import io.reliablemessaging.text.ReadableLogger;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.event.Level;
import org.springframework.context.SmartLifecycle;
import org.springframework.scheduling.concurrent.CustomizableThreadFactory;

/** Has old rows deleted while the application runs. Can be started again. */
final class InboxUpkeep implements SmartLifecycle {

    private static final Logger log = ReadableLogger.of(InboxUpkeep.class);
    private static final Duration LOOK = Duration.ofMinutes(1);
    private static final Duration STOP_LIMIT = Duration.ofSeconds(5);

    private final InboxPurge purge;
    private final ListeningGroups groups;
    private boolean running;
    private @Nullable ScheduledExecutorService thread;
    private final FailureLog failures;

    InboxUpkeep(InboxPurge purge, ListeningGroups groups, Infrastructure infrastructure) {
        this.purge = purge;
        this.groups = groups;
        this.failures = new FailureLog(
                log,
                Level.WARN,
                infrastructure,
                "Old rows of the inbox could not be deleted; trying again every minute",
                "Old rows of the inbox are deleted again");
    }

    @Override
    public synchronized void start() {
        running = true;
        groups.onFirst(this::workFromNowOn);
    }

    // an application that only publishes has nothing to delete
    private synchronized void workFromNowOn() {
        if (!running || thread != null) {
            return;
        }
        ScheduledExecutorService started =
                Executors.newSingleThreadScheduledExecutor(new CustomizableThreadFactory("rm-inbox-"));
        var unused = started.scheduleWithFixedDelay(() -> work(started), 0, LOOK.toMillis(), TimeUnit.MILLISECONDS);
        thread = started;
    }

    private void work(ScheduledExecutorService me) {
        try {
            long deleted = purge.run(me::isShutdown);
            log.debug("Deleted {} rows of the inbox that were older than its retention", deleted);
            failures.worked();
        } catch (Throwable e) { // an Error, too: it would end the deletions without a word
            failures.failed(e);
        }
    }

    @Override
    public synchronized void stop() {
        running = false;
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
        return running;
    }
}
