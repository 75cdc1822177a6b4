package io.reliablemessaging.publish;

import io.reliablemessaging.OutboxBacklogException;
import io.reliablemessaging.reachability.FailureLog;
import io.reliablemessaging.reachability.Infrastructure;
import io.reliablemessaging.reachability.QuestionLimit;
import io.reliablemessaging.text.DurationText;
import io.reliablemessaging.text.ReadableLogger;
import io.reliablemessaging.timing.PeriodicTask;
import java.time.Duration;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.event.Level;
import org.springframework.context.SmartLifecycle;

/**
 * Checks how old the oldest message in the outbox is, and reports when it is too old. If so configured, it rejects new
 * messages then.
 */
public final class BacklogGuard implements SmartLifecycle {

    private static final Logger log = ReadableLogger.of(BacklogGuard.class);
    private static final Duration CHECK_EVERY = Duration.ofSeconds(2);

    private final Supplier<Duration> oldestAge;
    private final Duration limit;
    private final boolean rejects;
    private final QuestionLimit pace;
    private final FailureLog failures;
    private volatile boolean exceeded;
    private final PeriodicTask task;

    /**
     * Creates a guard.
     *
     * @param limit age above which the oldest message is too old
     * @param rejects whether publishing is refused while the oldest message is too old
     */
    BacklogGuard(Supplier<Duration> oldestAge, Duration limit, boolean rejects, Infrastructure infrastructure) {
        this.oldestAge = oldestAge;
        this.limit = limit;
        this.rejects = rejects;
        this.pace = new QuestionLimit(infrastructure.postgres());
        this.failures = new FailureLog(
                log,
                Level.WARN,
                infrastructure,
                "The age of the oldest message in the outbox cannot be read; the last known age decides whether publish is"
                        + " allowed. Check the database",
                "The age of the oldest message in the outbox can be read again");
        this.task = new PeriodicTask("rm-backlog", CHECK_EVERY, this::check, failures::failed);
    }

    /** Returns whether the oldest message was too old at the last check, a few seconds ago. */
    public boolean isExceeded() {
        return exceeded;
    }

    /** Returns the age above which a message is too old. */
    public Duration limit() {
        return limit;
    }

    /**
     * Refuses a message to this topic if the outbox is backlogged and publishing is to be refused.
     *
     * @throws OutboxBacklogException if the oldest message is too old and no more may be added
     */
    void admit(String topic) {
        if (rejects && exceeded) {
            throw new OutboxBacklogException(
                    "Message to topic %s was not published: the oldest message in the outbox has waited for more than %s (%s)."
                                    .formatted(
                                            topic, DurationText.of(limit), "reliable-messaging.outbox.max-backlog-age")
                            + " Check that a relay is running and that Kafka accepts records, and retry later",
                    CHECK_EVERY);
        }
    }

    private void check() {
        long begin = System.nanoTime();
        if (!pace.isDue(begin)) {
            return;
        }
        try {
            Duration age = oldestAge.get();
            boolean tooOld = age.compareTo(limit) > 0;
            if (tooOld && !exceeded) {
                log.error(
                        "The oldest message in the outbox has waited for {}, more than {}. {}. Check that a relay is running and that Kafka accepts records",
                        age,
                        limit,
                        rejects ? "New messages are refused" : "New messages are still stored");
            } else if (!tooOld && exceeded) {
                log.info("The oldest message in the outbox has waited for less than {} again", limit);
            }
            exceeded = tooOld;
            failures.worked();
        } finally {
            pace.noteQuestion(begin, System.nanoTime());
        }
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
