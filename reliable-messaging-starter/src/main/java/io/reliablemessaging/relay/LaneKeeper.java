package io.reliablemessaging.relay;

import io.reliablemessaging.MessagingObserver;
import io.reliablemessaging.reachability.FailureLog;
import io.reliablemessaging.reachability.Infrastructure;
import io.reliablemessaging.text.ReadableLogger;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor.DiscardPolicy;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.event.Level;
import org.springframework.scheduling.concurrent.CustomizableThreadFactory;

/**
 * Keeps our lease alive on a thread of its own, so that nothing the sending waits for can let it run out. If lanes were lost
 * against our will, the whole instance is fenced: whoever sends must start anew.
 */
final class LaneKeeper {

    private static final Logger log = ReadableLogger.of(LaneKeeper.class);

    private final LaneLeases leases;
    private final Fitness fitness;
    private final Attention attention;
    private final Duration every;
    private final Runnable changed;
    private final MessagingObserver observer;
    private final Infrastructure infrastructure;
    private final ScheduledThreadPoolExecutor thread = new ScheduledThreadPoolExecutor(
            1, new CustomizableThreadFactory("rm-lanes-"), new DiscardPolicy()); // nothing is renewed after its end
    private final AtomicBoolean renewsSoon = new AtomicBoolean();
    private final Lock database = new ReentrantLock();
    private Lease lease = Lease.none();
    private boolean fenced;
    private final Endurance endurance;

    /**
     * Makes a keeper.
     *
     * @param fitness whether this instance can send
     * @param attention what is said of how it hears and looks
     * @param every how often to renew
     * @param changed called when other lanes are ours than before
     */
    LaneKeeper(
            LaneLeases leases,
            Fitness fitness,
            Attention attention,
            Duration every,
            Runnable changed,
            MessagingObserver observer,
            Infrastructure infrastructure) {
        this.leases = leases;
        this.fitness = fitness;
        this.attention = attention;
        this.every = every;
        this.changed = changed;
        this.observer = observer;
        this.infrastructure = infrastructure;
        this.endurance = new Endurance(
                "The lease of the lanes is not renewed, and sending stops when it runs out",
                new FailureLog(
                        log,
                        Level.WARN,
                        infrastructure,
                        "The lease of our lanes cannot be renewed; sending stops when it runs out",
                        "The lease of our lanes is renewed again"));
    }

    void start() {
        var unused = thread.scheduleWithFixedDelay(this::renew, 0, every.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Stops renewing and frees all lanes. */
    void stop() {
        thread.shutdown();
        try {
            if (!thread.awaitTermination(every.toMillis(), TimeUnit.MILLISECONDS)) {
                thread.shutdownNow();
            }
            synchronized (this) {
                lease = Lease.none();
            }
            leases.leave();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            if (infrastructure.explains(e)) {
                log.debug("Lanes were not released", e);
            } else {
                log.warn("Lanes were not released: other instances take them over when the lease has run out: {}", e);
            }
        }
    }

    synchronized Lease lease() {
        return lease;
    }

    /** Whether lanes were lost since this was last asked. */
    synchronized boolean wasFenced() {
        boolean was = fenced;
        fenced = false;
        return was;
    }

    /** Forgets our lanes, which a server has leased to us whose place another has taken, and asks that one at once. */
    void startAnew() {
        // never beside a renewal: the answer of the server before would still count
        database.lock();
        try {
            synchronized (this) {
                lease = Lease.none();
            }
        } finally {
            database.unlock();
        }
        thread.execute(this::renew);
    }

    /** Hands lanes over to the others; nothing of theirs may be in flight. */
    void handOver(Set<Integer> lanes) {
        // never beside a renewal: its answer might still count these lanes as ours when another has taken them
        database.lock();
        try {
            synchronized (this) {
                lease = lease.without(lanes);
            }
            leases.release(lanes);
        } finally {
            database.unlock();
        }
    }

    /** Lanes have become free, or another instance needs some: renews at once, without waiting for it. */
    void sharesChanged() {
        if (renewsSoon.compareAndSet(false, true)) {
            thread.execute(() -> {
                renewsSoon.set(false);
                renew();
            });
        }
    }

    /** How the relay looks for messages. */
    Attention attention() {
        return attention;
    }

    /** Whether this instance is to leave its lanes to others, since it cannot send and they can. */
    boolean isToLeave() {
        return fitness.isToLeave();
    }

    /** Leaves all lanes to the others; nothing of theirs may be in flight, and the producer must be closed. */
    void leave() {
        database.lock();
        try {
            synchronized (this) {
                lease = Lease.none();
            }
            leases.leave();
            fitness.left();
        } finally {
            database.unlock();
        }
    }

    /** Whoever sends has failed. */
    void failed(Throwable thrown) {
        fitness.failed(thrown);
    }

    /** Why this instance takes no lanes; null if it does. */
    @Nullable
    String aside() {
        return fitness.aside();
    }

    /** The Error that keeps the lease from being renewed; null if there is none. */
    @Nullable
    String trouble() {
        return endurance.trouble();
    }

    private void renew() {
        boolean unused = endurance.did(this::renewLocked);
    }

    private void renewLocked() {
        database.lock();
        try {
            if (fitness.standsAside(infrastructure.kafka().isAway())) {
                return;
            }
            Fitness.Report report = fitness.look();
            if (fitness.isDeaf()) {
                return; // whoever sends does not give the lanes up: they run out by themselves
            }
            Attention.Word hearing = attention.word();
            LaneLeases.Renewal renewal = leases.renew(new LaneLeases.Word(report, hearing));
            infrastructure.postgres().works();
            fitness.others(renewal.othersSend());
            attention.released(renewal.released());
            boolean look = attention.said(hearing) || fitness.isToLeave() || renewal.released();
            accept(lease(), renewal.lease(), look);
        } finally {
            database.unlock();
        }
    }

    private void accept(Lease before, Lease renewed, boolean look) {
        boolean lost = !renewed.continues(before);
        synchronized (this) {
            fenced |= lost;
            lease = renewed;
        }
        if (lost) {
            log.warn("Lanes were taken over by another instance: sending starts anew");
            observer.fenced();
        }
        if (look || !renewed.lanes().equals(before.lanes()) || renewed.surplus() > 0) {
            changed.run();
        }
    }
}
