package io.reliablemessaging.metrics;

import io.micrometer.core.instrument.MeterRegistry;
import io.reliablemessaging.reachability.FailureLog;
import io.reliablemessaging.reachability.Infrastructure;
import io.reliablemessaging.reachability.QuestionPace;
import io.reliablemessaging.text.ReadableLogger;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.event.Level;
import org.springframework.context.SmartLifecycle;
import org.springframework.scheduling.concurrent.CustomizableThreadFactory;

/**
 * Reads the tables for gauges, now and then, on a thread of its own: a scrape costs nothing, however many there are. What
 * cannot be read is not a number until it can be read again, so that nobody takes an old value for a new one.
 */
final class Sampler implements SmartLifecycle {

    private static final Logger log = ReadableLogger.of(Sampler.class);
    private static final Duration EVERY = Duration.ofSeconds(15);

    private final List<Sample> samples;
    private final QuestionPace pace;
    private @Nullable ScheduledExecutorService thread;
    private final FailureLog failures;

    /** Something to read. */
    interface Sample {

        /** Makes the gauges. */
        void bindTo(MeterRegistry registry);

        /** Reads their values. */
        void read();

        /** The values are not known. */
        void forget();
    }

    Sampler(MeterRegistry registry, List<Sample> samples, Infrastructure infrastructure) {
        this.pace = new QuestionPace(infrastructure.postgres());
        this.failures = new FailureLog(
                log,
                Level.WARN,
                infrastructure,
                "Some metrics are not known, because the tables cannot be read",
                "The tables are read for metrics again");
        this.samples = List.copyOf(samples);
        this.samples.forEach(sample -> sample.bindTo(registry));
    }

    private void sampleIfDue() {
        long begin = System.nanoTime();
        if (pace.isDue(begin)) {
            sample();
            pace.asked(begin, System.nanoTime());
        }
    }

    /** Reads all of it. */
    void sample() {
        // not the lock of start and stop: a database that does not answer must not hold those up
        synchronized (samples) {
            readAll();
        }
    }

    private void readAll() {
        @Nullable Throwable trouble = null;
        for (Sample sample : samples) {
            try {
                sample.read();
            } catch (Throwable e) { // an Error, too: it would end the sampling without a word
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
    public synchronized void start() {
        CustomizableThreadFactory threads = new CustomizableThreadFactory("rm-metrics-");
        threads.setDaemon(true); // also in programs that only publish and then end
        ScheduledExecutorService started = Executors.newSingleThreadScheduledExecutor(threads);
        var unused = started.scheduleWithFixedDelay(this::sampleIfDue, 0, EVERY.toMillis(), TimeUnit.MILLISECONDS);
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
