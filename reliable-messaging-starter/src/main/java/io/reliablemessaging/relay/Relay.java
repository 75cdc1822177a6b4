package io.reliablemessaging.relay;

import io.reliablemessaging.text.ReadableLogger;
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

/** Runs the relay from before the first listener or web request until after the last. Can be started again. */
final class Relay implements SmartLifecycle, RelayState {

    // the web server starts at MAX_VALUE - 2048, listeners at MAX_VALUE - 100; stopping goes the other way
    static final int PHASE = Integer.MAX_VALUE - 4096;

    private static final Logger log = ReadableLogger.of(Relay.class);

    private final LaneLeases leases;
    private final Supplier<Run> runs;
    private final Refusal refusal;
    private final Supplier<@Nullable String> delayedTrouble;
    private final Duration stopLimit;
    // asked for the health of it while it starts or stops, which may take long
    private volatile @Nullable Run run;
    private @Nullable ExecutorService threads;
    private @Nullable ExecutorService ears;

    /**
     * The parts of one run, which are made anew for the next.
     *
     * @param keeper keeps the lanes
     * @param loop reads and sends
     * @param waiting knows who must wait
     * @param completions deletes
     * @param notices hears of messages that other instances have committed, unless that is switched off
     */
    record Run(
            LaneKeeper keeper,
            RelayLoop loop,
            Waiting waiting,
            Completions completions,
            @Nullable NoticeListener notices) {}

    /**
     * Makes the relay.
     *
     * @param refusal whether Kafka takes anything from us, which outlives a run
     * @param delayedTrouble what keeps delayed messages from being moved; null if nothing does
     * @param stopLimit how long stopping may take before it is given up
     */
    Relay(
            LaneLeases leases,
            Supplier<Run> runs,
            Refusal refusal,
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
            ears = Executors.newSingleThreadExecutor(new CustomizableThreadFactory("rm-relay-notices-"));
            ears.execute(started.notices());
        }
        started.keeper().start();
        run = started;
    }

    /** In this order: send no more, delete what was acknowledged, free the lanes for the others, who wait for them. */
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
        if (!end(threads, until)) {
            log.warn("The relay did not stop within {}; its messages stay in the outbox", stopLimit);
        }
        current.keeper().stop();
        if (ears != null) {
            var unused = end(ears, until); // it may wait for its socket for a moment, and nothing depends on its end
            ears = null;
        }
        run = null;
        threads = null;
    }

    /** Ends threads; returns false if the time was over before they had ended. */
    private static boolean end(ExecutorService some, long until) {
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

    /** The lanes that are ours now. */
    Lease lease() {
        Run current = run;
        return current == null ? Lease.none() : current.keeper().lease();
    }

    @Override
    public UUID instance() {
        return leases.me();
    }

    @Override
    public String host() {
        return leases.host();
    }

    @Override
    public Set<Integer> lanes() {
        Lease lease = lease();
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
    public @Nullable String aside() {
        Run current = run;
        return current == null ? null : current.keeper().aside();
    }

    @Override
    public Set<String> heldTopics() {
        Run current = run;
        return current == null ? Set.of() : current.waiting().troubledTopics();
    }

    @Override
    public @Nullable String whyHeld(String topic) {
        Run current = run;
        return current == null ? null : current.waiting().whyHeld(topic);
    }

    @Override
    public boolean isRunning() {
        return run != null;
    }

    @Override
    public int getPhase() {
        return PHASE;
    }
}
