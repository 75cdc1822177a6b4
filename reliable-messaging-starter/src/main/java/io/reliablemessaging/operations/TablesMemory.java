package io.reliablemessaging.operations;

import io.reliablemessaging.reachability.FailureLog;
import io.reliablemessaging.reachability.Infrastructure;
import io.reliablemessaging.reachability.QuestionPace;
import io.reliablemessaging.text.ReadableLogger;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.event.Level;
import org.springframework.context.SmartLifecycle;
import org.springframework.scheduling.concurrent.CustomizableThreadFactory;

/**
 * Reads the tables every few seconds while somebody asks, and once a minute otherwise, beside those who ask: what people
 * are shown must be there at once, also while the database does not answer. Then what was read last stays, and says when
 * that was.
 */
final class TablesMemory implements SmartLifecycle {

    private static final Logger log = ReadableLogger.of(TablesMemory.class);
    private static final Duration EVERY = Duration.ofSeconds(3);

    // while nobody asks
    private static final long UNASKED_NANOS = Duration.ofMinutes(1).toNanos();

    private final Stages stages;
    private final InstantSource clock;
    private final FailureLog failures;
    private volatile Tables last = Tables.NEVER_READ;
    private final QuestionPace pace;
    private final Infrastructure infrastructure;
    private volatile long wantedUntil = System.nanoTime();
    private long nextUnasked = System.nanoTime();
    private @Nullable ScheduledExecutorService thread;

    TablesMemory(Stages stages, InstantSource clock, Infrastructure infrastructure) {
        this.stages = stages;
        this.clock = clock;
        this.infrastructure = infrastructure;
        this.pace = new QuestionPace(infrastructure.postgres());
        this.failures = new FailureLog(
                log,
                Level.WARN,
                infrastructure,
                "The tables cannot be read; the overview shows what they said last",
                "The tables are read again");
    }

    /** What they said last. Answers at once. */
    Tables last() {
        return last;
    }

    /** The same for somebody who may ask again: they are read every few seconds for a minute. */
    Tables lastWanted() {
        wantedUntil = System.nanoTime() + UNASKED_NANOS;
        return last;
    }

    private void read() {
        long begin = System.nanoTime();
        // those who tell of an outage of Kafka say how many messages wait
        boolean wanted = begin - wantedUntil < 0 || infrastructure.kafka().isAway() || begin - nextUnasked >= 0;
        if (!wanted || !pace.isDue(begin)) {
            return;
        }
        nextUnasked = begin + UNASKED_NANOS;
        try {
            last = Tables.read(stages, clock.instant());
            failures.worked();
        } catch (Throwable e) { // an Error, too: it would end the reading without a word
            if (isRunning()) { // the database may be closed by now
                failures.failed(e);
            }
        }
        pace.asked(begin, System.nanoTime());
    }

    @Override
    public synchronized void start() {
        CustomizableThreadFactory threads = new CustomizableThreadFactory("rm-overview-");
        threads.setDaemon(true);
        ScheduledExecutorService started = Executors.newSingleThreadScheduledExecutor(threads);
        var unused = started.scheduleWithFixedDelay(this::read, 0, EVERY.toMillis(), TimeUnit.MILLISECONDS);
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
