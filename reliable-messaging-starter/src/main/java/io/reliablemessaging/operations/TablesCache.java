package io.reliablemessaging.operations;

import io.reliablemessaging.reachability.FailureLog;
import io.reliablemessaging.reachability.Infrastructure;
import io.reliablemessaging.reachability.QuestionLimit;
import io.reliablemessaging.text.ReadableLogger;
import io.reliablemessaging.timing.PeriodicTask;
import java.time.Duration;
import java.time.InstantSource;
import org.slf4j.Logger;
import org.slf4j.event.Level;
import org.springframework.context.SmartLifecycle;

/**
 * Reads the tables every few seconds while the overview is in use, and once a minute otherwise, on a thread of its own: people
 * must get an answer at once, even while the database does not answer. Then the last content stays, with the time at which
 * it was read.
 */
final class TablesCache implements SmartLifecycle {

    private static final Logger log = ReadableLogger.of(TablesCache.class);
    private static final Duration EVERY = Duration.ofSeconds(3);

    // the interval while the overview is not in use
    private static final long UNASKED_NANOS = Duration.ofMinutes(1).toNanos();

    private final StageReaders stageReaders;
    private final InstantSource clock;
    private final FailureLog failures;
    private volatile TablesSnapshot last = TablesSnapshot.NEVER_READ;
    private final QuestionLimit pace;
    private final Infrastructure infrastructure;
    private volatile long wantedUntil = System.nanoTime();
    private long nextUnasked = System.nanoTime();
    private final PeriodicTask task;

    TablesCache(StageReaders stageReaders, InstantSource clock, Infrastructure infrastructure) {
        this.stageReaders = stageReaders;
        this.clock = clock;
        this.infrastructure = infrastructure;
        this.pace = new QuestionLimit(infrastructure.postgres());
        this.failures = new FailureLog(
                log,
                Level.WARN,
                infrastructure,
                "The tables cannot be read; the overview shows what they held last",
                "The tables are read again");
        this.task = new PeriodicTask("rm-overview", EVERY, this::read, failures::failed);
    }

    /** Returns the last content. Does no I/O. */
    TablesSnapshot last() {
        return last;
    }

    /** Returns the last content, and has the tables read every few seconds for the next minute, since the caller may ask again. */
    TablesSnapshot requestLast() {
        wantedUntil = System.nanoTime() + UNASKED_NANOS;
        return last;
    }

    private void read() {
        long begin = System.nanoTime();
        // log lines about an outage of Kafka tell how many messages wait
        boolean wanted = begin - wantedUntil < 0 || infrastructure.kafka().isAway() || begin - nextUnasked >= 0;
        if (!wanted || !pace.isDue(begin)) {
            return;
        }
        nextUnasked = begin + UNASKED_NANOS;
        try {
            last = TablesSnapshot.read(stageReaders, clock.instant());
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
