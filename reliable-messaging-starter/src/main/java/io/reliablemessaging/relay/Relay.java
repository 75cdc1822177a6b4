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
    private final Supplier<RelayLoop> loops;
    private final Duration stopLimit;
    private @Nullable RelayLoop loop;
    private @Nullable ExecutorService thread;

    Relay(LaneLeases leases, Lanes lanes, Supplier<RelayLoop> loops, Duration stopLimit) {
        this.leases = leases;
        this.lanes = lanes;
        this.loops = loops;
        this.stopLimit = stopLimit;
    }

    @Override
    public synchronized void start() {
        leases.seed(lanes.count());
        loop = loops.get();
        thread = Executors.newSingleThreadExecutor(new CustomizableThreadFactory("reliable-messaging-relay-"));
        thread.execute(loop);
    }

    @Override
    public synchronized void stop() {
        if (loop == null || thread == null) {
            return;
        }
        loop.stop();
        thread.shutdown();
        try {
            if (!thread.awaitTermination(stopLimit.toMillis(), TimeUnit.MILLISECONDS)) {
                log.warn("The relay did not stop within {}; its messages stay in the outbox", stopLimit);
                thread.shutdownNow();
            }
        } catch (InterruptedException e) {
            thread.shutdownNow();
            Thread.currentThread().interrupt();
        }
        loop = null;
        thread = null;
    }

    @Override
    public synchronized boolean isRunning() {
        return thread != null;
    }

    @Override
    public int getPhase() {
        return PHASE;
    }
}
