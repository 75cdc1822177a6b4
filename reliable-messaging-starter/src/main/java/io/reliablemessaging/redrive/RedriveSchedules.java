package io.reliablemessaging.redrive;

import io.reliablemessaging.inbox.ListeningGroups;
import io.reliablemessaging.reachability.FailureLog;
import io.reliablemessaging.reachability.Infrastructure;
import io.reliablemessaging.text.ReadableLogger;
import io.reliablemessaging.timing.PeriodicTask;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.event.Level;
import org.springframework.context.SmartLifecycle;

/**
 * Starts the redrive jobs of schedules, in every instance that has listeners: the first one stores the job of a time, the others find
 * that it is stored. A time at which no instance runs is left out. Can be started again.
 */
final class RedriveSchedules implements SmartLifecycle {

    private static final Logger log = ReadableLogger.of(RedriveSchedules.class);
    private static final Duration EVERY = Duration.ofSeconds(1);

    private final Map<String, RedriveProperties.Schedule> schedules;
    private final JobCommands commands;
    private final ListeningGroups groups;
    private final InstantSource clock;
    private final FailureLog failures;
    private final PeriodicTask task;
    private final Runnable begin = this::workFromNowOn;
    private final Map<String, Instant> next = new HashMap<>();
    private boolean running;

    RedriveSchedules(
            RedriveProperties settings,
            JobCommands commands,
            ListeningGroups groups,
            Infrastructure infrastructure,
            InstantSource clock) {
        this.schedules = settings.schedules();
        this.commands = commands;
        this.groups = groups;
        this.clock = clock;
        this.failures = new FailureLog(
                log,
                Level.WARN,
                infrastructure,
                "Scheduled redrives cannot be started; trying again every second until their next time",
                "Scheduled redrives are started again");
        this.task = new PeriodicTask("rm-redrive-schedules", EVERY, this::work, failures::failed);
    }

    @Override
    public synchronized void start() {
        running = true;
        if (!schedules.isEmpty()) {
            groups.onFirst(begin);
        }
    }

    private synchronized void workFromNowOn() {
        if (running) {
            task.start();
        }
    }

    private void work() {
        Instant now = clock.instant();
        schedules.forEach((name, schedule) -> startIfDue(name, schedule, now));
        failures.worked();
    }

    private void startIfDue(String name, RedriveProperties.Schedule schedule, Instant now) {
        Instant due = next.get(name);
        if (due != null && !now.isBefore(due)) {
            commands.start(schedule.request(now), new RedriveJobTable.Schedule(name, due));
            due = null; // after it: a start that has failed is tried again
        }
        if (due == null) {
            next.put(name, timeAfter(schedule, now));
        }
    }

    // an expression without a next time, such as the 30th of February, is never due
    private static Instant timeAfter(RedriveProperties.Schedule schedule, Instant now) {
        @Nullable ZonedDateTime time = schedule.times().next(now.atZone(ZoneOffset.UTC));
        return time == null ? Instant.MAX : time.toInstant();
    }

    @Override
    public synchronized void stop() {
        running = false;
        task.stop();
    }

    @Override
    public synchronized boolean isRunning() {
        return running;
    }
}
