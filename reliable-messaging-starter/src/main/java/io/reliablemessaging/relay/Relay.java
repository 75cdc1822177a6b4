package io.reliablemessaging.relay;

import io.reliablemessaging.outbox.Lanes;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import org.springframework.scheduling.concurrent.CustomizableThreadFactory;

/** Runs the relay from before the first listener or web request until after the last. Can be started again. */
final class Relay implements SmartLifecycle {

    // the web server starts at MAX_VALUE - 2048, listeners at MAX_VALUE - 100; stopping goes the other way
    static final int PHASE = Integer.MAX_VALUE - 4096;

    private static final Logger log = LoggerFactory.getLogger(Relay.class);

    private final LaneLeases leases;
    private final Lanes lanes;
    private final Supplier<Run> runs;
    private final Duration stopLimit;
    private @Nullable Run run;
    private @Nullable ExecutorService threads;

    /**
     * The parts of one run, which are made anew for the next.
     *
     * @param keeper keeps the lanes
     * @param loop reads and sends
     * @param completions deletes
     * @param notices hears of messages that other instances have committed, unless that is switched off
     */
    record Run(
            LaneKeeper keeper,
            RelayLoop loop,
            Completions completions,
            @Nullable NoticeListener notices) {}

    /**
     * Makes the relay.
     *
     * @param stopLimit how long stopping may take before it is given up
     */
    Relay(LaneLeases leases, Lanes lanes, Supplier<Run> runs, Duration stopLimit) {
        this.leases = leases;
        this.lanes = lanes;
        this.runs = runs;
        this.stopLimit = stopLimit;
    }

    @Override
    public synchronized void start() {
        leases.seed(lanes.count());
        run = runs.get();
        threads = Executors.newCachedThreadPool(new CustomizableThreadFactory("reliable-messaging-relay-"));
        threads.execute(run.loop());
        threads.execute(run.completions());
        if (run.notices() != null) {
            threads.execute(run.notices());
        }
        run.keeper().start();
    }

    /** In this order: send no more, delete what was acknowledged, free the lanes for the others. */
    @Override
    public synchronized void stop() {
        if (run == null || threads == null) {
            return;
        }
        run.loop().stop();
        if (run.notices() != null) {
            run.notices().stop();
        }
        threads.shutdown();
        try {
            if (!threads.awaitTermination(stopLimit.toMillis(), TimeUnit.MILLISECONDS)) {
                log.warn("The relay did not stop within {}; its messages stay in the outbox", stopLimit);
                threads.shutdownNow();
            }
        } catch (InterruptedException e) {
            threads.shutdownNow();
            Thread.currentThread().interrupt();
        }
        run.keeper().stop();
        run = null;
        threads = null;
    }

    /** The lanes that are ours now. */
    synchronized Lease lease() {
        return run == null ? Lease.none() : run.keeper().lease();
    }

    @Override
    public synchronized boolean isRunning() {
        return threads != null;
    }

    @Override
    public int getPhase() {
        return PHASE;
    }
}
