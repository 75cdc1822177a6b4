package io.reliablemessaging.relay;

import io.reliablemessaging.lanes.LaneKeeper;
import io.reliablemessaging.lanes.LaneLease;
import io.reliablemessaging.lanes.LaneLeases;
import io.reliablemessaging.lanes.LaneNoticeListener;
import io.reliablemessaging.producer.Completions;
import io.reliablemessaging.text.ReadableLogger;
import io.reliablemessaging.timing.StartPhases;
import java.time.Duration;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.springframework.context.SmartLifecycle;
import org.springframework.scheduling.concurrent.CustomizableThreadFactory;

/** Starts the relay before the first listener or web request, and stops it after the last. It can be started again. */
final class Relay implements SmartLifecycle, RelayState {

    private static final Logger log = ReadableLogger.of(Relay.class);

    private final LaneLeases leases;
    private final Supplier<Run> runs;
    private final ProducerRefusal refusal;
    private final Supplier<@Nullable String> delayedTrouble;
    private final Duration stopLimit;
    // read for the health check while it starts or stops, which may take long
    private volatile @Nullable Run run;
    private @Nullable ExecutorService threads;
    private @Nullable ExecutorService noticeThread;

    /**
     * The parts of one run. The next run has new ones.
     *
     * @param keeper renews the lease of the lanes
     * @param loop reads and sends
     * @param sendGate knows which rows must wait
     * @param completions deletes sent rows
     * @param notices listens for notices of other instances; null if that is switched off
     */
    record Run(
            LaneKeeper keeper,
            RelayLoop loop,
            SendGate sendGate,
            Completions completions,
            @Nullable LaneNoticeListener notices) {}

    /**
     * Creates the relay.
     *
     * @param refusal records whether Kafka refuses us; it outlives a run
     * @param delayedTrouble returns what prevents the move of delayed messages; null if nothing does
     * @param stopLimit longest wait for the end of the threads
     */
    Relay(
            LaneLeases leases,
            Supplier<Run> runs,
            ProducerRefusal refusal,
            Supplier<@Nullable String> delayedTrouble,
            Duration stopLimit) {
        this.leases = leases;
        this.runs = runs;
        this.refusal = refusal;
        this.delayedTrouble = delayedTrouble;
        this.stopLimit = stopLimit;
    }

    @Override
    public synchronized void start() {
        Run started = runs.get();
        threads = Executors.newCachedThreadPool(new CustomizableThreadFactory("rm-relay-"));
        threads.execute(started.loop());
        threads.execute(started.completions());
        if (started.notices() != null) {
            noticeThread = Executors.newSingleThreadExecutor(new CustomizableThreadFactory("rm-relay-notices-"));
            noticeThread.execute(started.notices());
        }
        started.keeper().start();
        run = started;
    }

    /** Stops in this order: sends no more, deletes acknowledged rows, releases the lanes for other instances. */
    @Override
    public synchronized void stop() {
        Run current = run;
        if (current == null || threads == null) {
            return;
        }
        current.loop().stop();
        if (current.notices() != null) {
            current.notices().stop();
        }
        long until = System.nanoTime() + stopLimit.toNanos(); // for all of them together
        if (!awaitEnd(threads, until)) {
            log.warn(
                    "The relay did not stop within {}; messages that were not sent stay in the outbox and are sent by the next owner of their lanes",
                    stopLimit);
        }
        current.keeper().stop();
        if (noticeThread != null) {
            var unused = awaitEnd(
                    noticeThread, until); // it may wait for its socket for a moment; nothing depends on its end
            noticeThread = null;
        }
        run = null;
        threads = null;
    }

    /** Shuts threads down and waits for their end; returns false if the time was over before. */
    private static boolean awaitEnd(ExecutorService some, long until) {
        some.shutdown();
        try {
            if (some.awaitTermination(until - System.nanoTime(), TimeUnit.NANOSECONDS)) {
                return true;
            }
            some.shutdownNow();
            return false;
        } catch (InterruptedException e) {
            some.shutdownNow();
            Thread.currentThread().interrupt();
            return true;
        }
    }

    /** Returns our current lease. */
    LaneLease lease() {
        Run current = run;
        return current == null ? LaneLease.none() : current.keeper().lease();
    }

    @Override
    public UUID instance() {
        return leases.instance();
    }

    @Override
    public String host() {
        return leases.host();
    }

    @Override
    public Set<Integer> lanes() {
        LaneLease lease = lease();
        return lease.isOver() ? Set.of() : lease.lanes();
    }

    @Override
    public @Nullable String refusal() {
        return refusal.cause();
    }

    @Override
    public @Nullable String trouble() {
        Run current = run;
        return current == null
                ? null
                : Stream.of(
                                current.loop().trouble(),
                                current.keeper().trouble(),
                                current.completions().trouble(),
                                current.notices() == null
                                        ? null
                                        : current.notices().trouble(),
                                delayedTrouble.get())
                        .filter(Objects::nonNull)
                        .reduce((one, next) -> one + "; " + next)
                        .orElse(null);
    }

    @Override
    public @Nullable String whyAside() {
        Run current = run;
        return current == null ? null : current.keeper().whyAside();
    }

    @Override
    public Set<String> heldTopics() {
        Run current = run;
        return current == null ? Set.of() : current.sendGate().heldTopics();
    }

    @Override
    public @Nullable String whyHeld(String topic) {
        Run current = run;
        return current == null ? null : current.sendGate().whyHeld(topic);
    }

    @Override
    public boolean isRunning() {
        return run != null;
    }

    @Override
    public int getPhase() {
        return StartPhases.RELAY;
    }
}
