package io.reliablemessaging.reachability;

import io.reliablemessaging.text.ReadableLogger;
import io.reliablemessaging.timing.PeriodicTask;
import io.reliablemessaging.timing.StartPhases;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.springframework.context.SmartLifecycle;
import org.springframework.scheduling.concurrent.CustomizableThreadFactory;

/** Runs the probes from before the first stage starts until after the last one has stopped. Can be started again. */
final class Probes implements SmartLifecycle {

    private static final Logger log = ReadableLogger.of(Probes.class);
    private static final Duration BETWEEN_TICKS = Duration.ofMillis(500);

    private final Infrastructure infrastructure;
    private final Supplier<AvailabilityQuestion> postgres;
    private final Supplier<AvailabilityQuestion> kafka;
    private final PeriodicTask ticks =
            new PeriodicTask("rm-outages", BETWEEN_TICKS, this::tick, thrown -> log.debug("The probes go on", thrown));
    private volatile List<Probe> probes = List.of();
    private @Nullable ExecutorService askers;

    Probes(
            Infrastructure infrastructure,
            Supplier<AvailabilityQuestion> postgres,
            Supplier<AvailabilityQuestion> kafka) {
        this.infrastructure = infrastructure;
        this.postgres = postgres;
        this.kafka = kafka;
    }

    @Override
    public synchronized void start() {
        ExecutorService threads = Executors.newCachedThreadPool(daemons("rm-probe-"));
        probes = List.of(
                probe(infrastructure.postgres(), postgres.get(), threads),
                probe(infrastructure.kafka(), kafka.get(), threads));
        askers = threads;
        ticks.start();
    }

    private static Probe probe(Reachability state, AvailabilityQuestion availabilityQuestion, ExecutorService threads) {
        InstantSource clock = InstantSource.system();
        return new Probe(state, availabilityQuestion, threads, System::nanoTime, clock, new OutageLog(clock));
    }

    // our threads must not keep a finished program alive
    private static CustomizableThreadFactory daemons(String name) {
        CustomizableThreadFactory threads = new CustomizableThreadFactory(name);
        threads.setDaemon(true);
        return threads;
    }

    private void tick() {
        for (Probe probe : probes) {
            try {
                probe.tick();
            } catch (Throwable t) { // an Error, too: the other one is asked all the same
                log.debug("A tick of a probe failed; the next one follows in {}", BETWEEN_TICKS, t);
            }
        }
    }

    @Override
    public synchronized void stop() {
        if (askers != null) {
            ticks.stop();
            askers.shutdownNow();
            probes.forEach(Probe::close);
            askers = null;
        }
    }

    @Override
    public boolean isRunning() {
        return ticks.isRunning();
    }

    @Override
    public int getPhase() {
        return StartPhases.PROBES;
    }
}
