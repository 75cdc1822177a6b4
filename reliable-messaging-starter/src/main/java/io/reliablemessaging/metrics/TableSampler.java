package io.reliablemessaging.metrics;

import io.micrometer.core.instrument.MeterRegistry;
import io.reliablemessaging.reachability.FailureLog;
import io.reliablemessaging.reachability.Infrastructure;
import io.reliablemessaging.reachability.QuestionLimit;
import io.reliablemessaging.text.ReadableLogger;
import io.reliablemessaging.timing.PeriodicTask;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.event.Level;
import org.springframework.context.SmartLifecycle;

/**
 * Reads the tables for gauges at intervals, on a thread of its own, so that a scrape costs nothing. A value that
 * cannot be read is not a number until it can be read again, so that an old value is never taken for a new one.
 */
final class TableSampler implements SmartLifecycle {

    private static final Logger log = ReadableLogger.of(TableSampler.class);
    private static final Duration EVERY = Duration.ofSeconds(15);

    private final List<Sample> samples;
    private final QuestionLimit pace;
    private final FailureLog failures;
    private final PeriodicTask task;

    /** Reads the values of some gauges. */
    interface Sample {

        /** Registers the gauges. */
        void bindTo(MeterRegistry registry);

        /** Reads their values. */
        void read();

        /** Makes the values not a number, since they are not known. */
        void forget();
    }

    TableSampler(MeterRegistry registry, List<Sample> samples, Infrastructure infrastructure) {
        this.pace = new QuestionLimit(infrastructure.postgres());
        this.failures = new FailureLog(
                log,
                Level.WARN,
                infrastructure,
                "The tables cannot be read for metrics; some metrics are not a number until they can",
                "The tables are read for metrics again");
        this.task = new PeriodicTask("rm-metrics", EVERY, this::sampleIfDue, failures::failed);
        this.samples = List.copyOf(samples);
        this.samples.forEach(sample -> sample.bindTo(registry));
    }

    private void sampleIfDue() {
        long begin = System.nanoTime();
        if (pace.isDue(begin)) {
            sample();
            pace.noteQuestion(begin, System.nanoTime());
        }
    }

    /** Reads the values of all gauges. */
    void sample() {
        // not the lock of start and stop, which must not wait for a database that does not answer
        synchronized (samples) {
            readAll();
        }
    }

    private void readAll() {
        @Nullable Throwable trouble = null;
        for (Sample sample : samples) {
            try {
                sample.read();
            } catch (Throwable e) { // an Error, too: it would end the sampling silently
                sample.forget();
                trouble = e;
            }
        }
        if (trouble == null) {
            failures.worked();
        } else {
            failures.failed(trouble);
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
