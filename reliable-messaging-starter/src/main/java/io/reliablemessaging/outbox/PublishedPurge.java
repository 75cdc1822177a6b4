package io.reliablemessaging.outbox;

import io.reliablemessaging.text.ReadableLogger;
import java.time.Duration;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.springframework.context.SmartLifecycle;
import org.springframework.scheduling.concurrent.CustomizableThreadFactory;

/** Removes sent messages when they have been kept for long enough, a few at a time. */
final class PublishedPurge implements SmartLifecycle {

    private static final Logger log = ReadableLogger.of(PublishedPurge.class);
    private static final long EVERY_SECONDS = 60;

    private final PublishedMessages messages;
    private final Duration retention;
    private @Nullable ScheduledThreadPoolExecutor thread;

    PublishedPurge(PublishedMessages messages, Duration retention) {
        this.messages = messages;
        this.retention = retention;
    }

    @Override
    public synchronized void start() {
        thread = new ScheduledThreadPoolExecutor(1, new CustomizableThreadFactory("rm-purge-"));
        var unused = thread.scheduleWithFixedDelay(this::purge, 0, EVERY_SECONDS, TimeUnit.SECONDS);
    }

    private void purge() {
        try {
            while (messages.purge(retention)) {
                log.debug("Removed sent messages older than {}", retention);
            }
        } catch (Throwable t) { // an Error, too: it would end the removals without a word
            log.debug("Old sent messages are removed later", t);
        }
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
