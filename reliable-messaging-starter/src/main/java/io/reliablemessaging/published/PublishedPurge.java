package io.reliablemessaging.published;

import io.reliablemessaging.reachability.FailureLog;
import io.reliablemessaging.reachability.Infrastructure;
import io.reliablemessaging.text.ReadableLogger;
import io.reliablemessaging.timing.PeriodicTask;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.event.Level;
import org.springframework.context.SmartLifecycle;

/** Deletes sent messages when their retention is over, in chunks. */
public final class PublishedPurge implements SmartLifecycle {

    private static final Logger log = ReadableLogger.of(PublishedPurge.class);
    private static final Duration EVERY = Duration.ofMinutes(1);

    private final PublishedMessages messages;
    private final Duration retention;
    private final FailureLog failures;
    private final PeriodicTask task;

    public PublishedPurge(PublishedMessages messages, Duration retention, Infrastructure infrastructure) {
        this.messages = messages;
        this.retention = retention;
        this.failures = new FailureLog(
                log,
                Level.WARN,
                infrastructure,
                "Sent messages that are older than their retention cannot be removed; trying again every minute",
                "Sent messages that are older than their retention are removed again");
        this.task = new PeriodicTask("rm-purge", EVERY, this::purge, failures::failed);
    }

    private void purge() {
        while (task.isRunning() && messages.purge(retention)) {
            log.debug("Deleted a chunk of sent messages older than {}", retention);
        }
        failures.worked();
    }

    @Override
    public void start() {
        task.start();
    }

    @Override
    public void stop() {
        task.stop();
    }

    @Override
    public boolean isRunning() {
        return task.isRunning();
    }
}
