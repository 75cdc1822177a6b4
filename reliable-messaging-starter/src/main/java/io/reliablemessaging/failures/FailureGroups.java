package io.reliablemessaging.failures;

import io.reliablemessaging.failures.FailureCounts.Counted;
import io.reliablemessaging.reachability.FailureLog;
import io.reliablemessaging.reachability.Infrastructure;
import io.reliablemessaging.text.FailureText;
import io.reliablemessaging.text.Fingerprint;
import io.reliablemessaging.text.ReadableLogger;
import io.reliablemessaging.timing.PeriodicTask;
import io.reliablemessaging.timing.StartPhases;
import java.time.Duration;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.event.Level;
import org.springframework.context.SmartLifecycle;

/**
 * Counts failures by their fingerprints, and writes the counts to {@code failure_group} on a thread of its own: those of a new
 * fingerprint at once, later ones once a minute, the rest when the application stops. So storing a failure waits for nobody
 * here. A process that dies loses the counts of its last minute. Has no thread before the first failure.
 */
public final class FailureGroups implements SmartLifecycle {

    private static final Logger log = ReadableLogger.of(FailureGroups.class);
    private static final Duration EVERY = Duration.ofMinutes(1);
    private static final Duration STOP_LIMIT = Duration.ofSeconds(5);
    // groups without messages
    private static final Duration RETENTION = Duration.ofDays(90);
    private static final int MOST_IN_MEMORY = 1_000;
    private static final int MOST_IN_TABLE = 10_000;

    private final FailureCounts counts;
    private final FailureGroupTable table;
    private final Infrastructure infrastructure;
    private final FailureLog failures;
    private final PeriodicTask task;
    private volatile boolean running;

    FailureGroups(FailureGroupTable table, Infrastructure infrastructure) {
        this.counts = new FailureCounts(MOST_IN_MEMORY, System::nanoTime);
        this.table = table;
        this.infrastructure = infrastructure;
        this.failures = new FailureLog(
                log,
                Level.WARN,
                infrastructure,
                "Failures could not be counted in table failure_group; trying again every minute",
                "Failures are counted in table failure_group again");
        this.task = new PeriodicTask("rm-failures", EVERY, this::write, failures::failed);
    }

    /**
     * Counts a failure that is about to be stored. Never waits and never throws.
     *
     * @return the fingerprint to store with it
     */
    public String count(String group, String topic, FailureText failure) {
        Fingerprint fingerprint = failure.fingerprint(group, topic);
        boolean isNew = counts.add(fingerprint);
        if (isNew) {
            writeSoon();
        }
        return fingerprint.hex();
    }

    private synchronized void writeSoon() {
        if (!running) {
            return;
        }
        if (task.isRunning()) {
            task.runSoon();
        } else {
            task.start();
        }
    }

    private void write() {
        write(counts.takeDue());
        failures.worked();
    }

    private void write(List<Counted> due) {
        if (due.isEmpty()) {
            return;
        }
        boolean written = false;
        try {
            table.add(due);
            written = true;
        } finally {
            if (!written) {
                counts.putBack(due);
            }
        }
        table.prune(RETENTION, MOST_IN_TABLE);
    }

    @Override
    public synchronized void start() {
        running = true;
    }

    /** Writes what is left. Listeners have stopped before. */
    @Override
    public void stop() {
        synchronized (this) {
            running = false;
        }
        task.stop(STOP_LIMIT);
        if (infrastructure.postgres().isAway()) {
            return;
        }
        try {
            write(counts.takeAll());
        } catch (RuntimeException e) {
            log.debug("The last failures are not counted in table failure_group", e);
        }
    }

    @Override
    public boolean isRunning() {
        return running;
    }

    @Override
    public int getPhase() {
        return StartPhases.FAILURES;
    }
}
