package io.reliablemessaging.outbox;

import io.reliablemessaging.OutboxBacklogException;
import io.reliablemessaging.reachability.FailureLog;
import io.reliablemessaging.reachability.Infrastructure;
import io.reliablemessaging.reachability.QuestionPace;
import io.reliablemessaging.text.DurationText;
import io.reliablemessaging.text.ReadableLogger;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.event.Level;
import org.springframework.context.SmartLifecycle;
import org.springframework.scheduling.concurrent.CustomizableThreadFactory;

/** Watches how long messages have been waiting, beside those who publish, and says when it is too long. */
public final class BacklogGuard implements SmartLifecycle {

    private static final Logger log = ReadableLogger.of(BacklogGuard.class);
    private static final Duration LOOK_EVERY = Duration.ofSeconds(2);

    private final Supplier<Duration> oldest;
    private final Duration limit;
    private final boolean rejects;
    private final QuestionPace pace;
    private final FailureLog failures;
    private volatile boolean exceeded;
    private @Nullable ScheduledExecutorService thread;

    /**
     * Makes a guard.
     *
     * @param limit age from which it is too long
     * @param rejects whether nothing may be published then
     */
    BacklogGuard(Supplier<Duration> oldest, Duration limit, boolean rejects, Infrastructure infrastructure) {
        this.oldest = oldest;
        this.limit = limit;
        this.rejects = rejects;
        this.pace = new QuestionPace(infrastructure.postgres());
        this.failures = new FailureLog(
                log,
                Level.WARN,
                infrastructure,
                "The age of the oldest message in the outbox cannot be read; what was known last decides whether messages are"
                        + " published",
                "The age of the oldest message in the outbox is known again");
    }

    /** Whether messages have been waiting for too long, as of a few seconds ago. */
    public boolean isExceeded() {
        return exceeded;
    }

    /** Age from which it is too long. */
    public Duration limit() {
        return limit;
    }

    /**
     * Lets a message to this topic be published, or not.
     *
     * @throws OutboxBacklogException if messages have been waiting for too long and none may be added
     */
    void admit(String topic) {
        if (rejects && exceeded) {
            throw new OutboxBacklogException(
                    "Message to topic %s was not published: others have been waiting in the outbox for more than %s (%s)."
                                    .formatted(
                                            topic, DurationText.of(limit), "reliable-messaging.outbox.max-backlog-age")
                            + " Is a relay running, and does Kafka take records? Try again later",
                    LOOK_EVERY);
        }
    }

    private void look() {
        long begin = System.nanoTime();
        if (!pace.isDue(begin)) {
            return;
        }
        try {
            Duration age = oldest.get();
            boolean tooOld = age.compareTo(limit) > 0;
            if (tooOld && !exceeded) {
                log.error(
                        "The oldest message in the outbox has been waiting for {}, more than {}. {}",
                        age,
                        limit,
                        rejects ? "Nothing more can be published" : "Publishing goes on");
            } else if (!tooOld && exceeded) {
                log.info("No message in the outbox has been waiting for more than {} any more", limit);
            }
            exceeded = tooOld;
            failures.worked();
        } catch (Throwable t) { // an Error, too: it would end the looks without a word
            if (isRunning()) { // the database may be closed by now
                failures.failed(t);
            }
        }
        pace.asked(begin, System.nanoTime());
    }

    @Override
    public synchronized void start() {
        CustomizableThreadFactory threads = new CustomizableThreadFactory("rm-backlog-");
        threads.setDaemon(true); // also in programs that only publish and then end
        ScheduledExecutorService started = Executors.newSingleThreadScheduledExecutor(threads);
        var unused = started.scheduleWithFixedDelay(this::look, 0, LOOK_EVERY.toMillis(), TimeUnit.MILLISECONDS);
        thread = started;
    }

    @Override
    public synchronized void stop() {
        if (thread != null) {
            thread.shutdownNow();
            thread = null;
        }
    }

    @Override
    public synchronized boolean isRunning() {
        return thread != null;
    }
}
