package io.reliablemessaging.reachability;

import io.reliablemessaging.text.ReadableLogger;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.springframework.context.SmartLifecycle;
import org.springframework.scheduling.concurrent.CustomizableThreadFactory;

/** Runs the probes, from before the first stage starts until after the last has stopped. Can be started again. */
final class Probes implements SmartLifecycle {

    private static final Logger log = ReadableLogger.of(Probes.class);
    private static final long TICK_MILLIS = 500;

    private final Infrastructure infrastructure;
    private final Supplier<Question> postgres;
    private final Supplier<Question> kafka;
    private List<Probe> probes = List.of();
    private @Nullable ExecutorService askers;
    private @Nullable ScheduledExecutorService ticks;

    Probes(Infrastructure infrastructure, Supplier<Question> postgres, Supplier<Question> kafka) {
        this.infrastructure = infrastructure;
        this.postgres = postgres;
        this.kafka = kafka;
    }

    @Override
    public synchronized void start() {
        ExecutorService threads = Executors.newCachedThreadPool(daemons("rm-probe-"));
        List<Probe> made = List.of(
                probe(infrastructure.postgres(), postgres.get(), threads),
                probe(infrastructure.kafka(), kafka.get(), threads));
        ScheduledExecutorService started = Executors.newSingleThreadScheduledExecutor(daemons("rm-outages-"));
        var unused = started.scheduleWithFixedDelay(() -> tick(made), 0, TICK_MILLIS, TimeUnit.MILLISECONDS);
        probes = made;
        askers = threads;
        ticks = started;
    }

    private static Probe probe(Reachability state, Question question, ExecutorService threads) {
        InstantSource clock = InstantSource.system();
        return new Probe(state, question, threads, System::nanoTime, clock, new OutageLog(clock));
    }

    // the library's threads must not keep a program alive that has ended
    private static CustomizableThreadFactory daemons(String name) {
        CustomizableThreadFactory threads = new CustomizableThreadFactory(name);
        threads.setDaemon(true);
        return threads;
    }

    private static void tick(List<Probe> probes) {
        for (Probe probe : probes) {
            try {
                probe.tick();
            } catch (Throwable t) { // an Error, too: it would end the ticks without a word
                log.debug("The probe goes on", t);
            }
        }
    }

    @Override
    public synchronized void stop() {
        if (ticks != null && askers != null) {
            ticks.shutdownNow();
            askers.shutdownNow();
            probes.forEach(Probe::close);
            ticks = null;
            askers = null;
        }
    }

    @Override
    public synchronized boolean isRunning() {
        return ticks != null;
    }

    @Override
    public int getPhase() {
        return Integer.MAX_VALUE - 6144; // before the topics are seen to
    }
}
