package io.reliablemessaging.inbox;

import io.reliablemessaging.reachability.FailureLog;
import io.reliablemessaging.reachability.Infrastructure;
import io.reliablemessaging.text.ReadableLogger;
import io.reliablemessaging.timing.PeriodicTask;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.event.Level;
import org.springframework.context.SmartLifecycle;

/** Deletes old rows of the inbox while the application runs. Can be started again. */
final class InboxUpkeep implements SmartLifecycle {

    private static final Logger log = ReadableLogger.of(InboxUpkeep.class);
    private static final Duration LOOK = Duration.ofMinutes(1);
    private static final Duration STOP_LIMIT = Duration.ofSeconds(5);

    private final InboxPurge purge;
    private final ListeningGroups groups;
    private boolean running;
    private final FailureLog failures;
    private final PeriodicTask task;
    private final Runnable begin = this::workFromNowOn;

    InboxUpkeep(InboxPurge purge, ListeningGroups groups, Infrastructure infrastructure) {
        this.purge = purge;
        this.groups = groups;
        this.failures = new FailureLog(
                log,
                Level.WARN,
                infrastructure,
                "Old rows of the inbox could not be deleted; trying again every minute",
                "Old rows of the inbox are deleted again");
        this.task = new PeriodicTask("rm-inbox", LOOK, this::work, failures::failed);
    }

    @Override
    public synchronized void start() {
        running = true;
        groups.onFirst(begin);
    }

    // an application that only publishes has nothing to delete
    private synchronized void workFromNowOn() {
        if (running) {
            task.start();
        }
    }

    private void work() {
        long deleted = purge.run(() -> !task.isRunning());
        log.debug("Deleted {} rows of the inbox that were older than its retention", deleted);
        failures.worked();
    }

    /** Stops. A statement that runs may take five seconds to end. */
    @Override
    public synchronized void stop() {
        running = false;
        task.stop(STOP_LIMIT);
    }

    @Override
    public synchronized boolean isRunning() {
        return running;
    }
}
