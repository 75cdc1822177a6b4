package io.reliablemessaging.outbox;

import io.reliablemessaging.OutboxBacklogException;
import io.reliablemessaging.text.DurationText;
import io.reliablemessaging.text.ReadableLogger;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.springframework.context.SmartLifecycle;
import org.springframework.scheduling.concurrent.CustomizableThreadFactory;

/** Watches how long messages have been waiting, beside those who publish, and says when it is too long. */
public final class BacklogGuard implements SmartLifecycle {

    private static final Logger log = ReadableLogger.of(BacklogGuard.class);
    private static final Duration LOOK_EVERY = Duration.ofSeconds(2);

    private final Supplier<Duration> oldest;
    private final Duration limit;
    private final boolean rejects;
    private volatile boolean exceeded;
    private @Nullable ScheduledExecutorService thread;

    /**
     * Makes a guard.
     *
     * @param limit age from which it is too long
     * @param rejects whether nothing may be published then
     */
    BacklogGuard(Supplier<Duration> oldest, Duration limit, boolean rejects) {
        this.oldest = oldest;
        this.limit = limit;
        this.rejects = rejects;
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
        } catch (Throwable t) { // an Error, too: it would end the looks without a word
            // without the database nobody publishes either; what was true stays so
            log.debug("The age of the backlog is not known", t);
        }
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
