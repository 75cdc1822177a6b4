package io.reliablemessaging.relay;

import io.reliablemessaging.MessagingObserver;
import io.reliablemessaging.reachability.FailureLog;
import io.reliablemessaging.reachability.Infrastructure;
import io.reliablemessaging.text.ReadableLogger;
import io.reliablemessaging.timing.PeriodicTask;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.event.Level;

/**
 * Renews our lease on a thread of its own, so that no wait of the sending thread can let it expire. If lanes were taken
 * over, the whole instance is fenced: the sending thread must start anew.
 */
final class LaneKeeper {

    private static final Logger log = ReadableLogger.of(LaneKeeper.class);

    private final LaneLeases leases;
    private final Fitness fitness;
    private final Attention attention;
    private final Duration interval;
    private final Runnable onChange;
    private final MessagingObserver observer;
    private final Infrastructure infrastructure;
    private final Lock renewalLock = new ReentrantLock();
    private Lease lease = Lease.none();
    private boolean fenced;
    private final Endurance endurance;
    private final PeriodicTask renewal;

    /**
     * Creates a keeper.
     *
     * @param fitness decides whether this instance can send
     * @param attention provides what a renewal announces
     * @param interval time between two renewals
     * @param onChange called when the set of our lanes has changed
     */
    LaneKeeper(
            LaneLeases leases,
            Fitness fitness,
            Attention attention,
            Duration interval,
            Runnable onChange,
            MessagingObserver observer,
            Infrastructure infrastructure) {
        this.leases = leases;
        this.fitness = fitness;
        this.attention = attention;
        this.interval = interval;
        this.onChange = onChange;
        this.observer = observer;
        this.infrastructure = infrastructure;
        this.endurance = new Endurance(
                "The lease of the lanes is not renewed, and sending stops when it expires",
                new FailureLog(
                        log,
                        Level.WARN,
                        infrastructure,
                        "The lease of our lanes cannot be renewed; sending stops when it expires, and the renewal is retried. Check the database",
                        "The lease of our lanes is renewed again"));
        this.renewal = new PeriodicTask("rm-lanes", interval, this::renew, endurance::noteFailure);
    }

    void start() {
        renewal.start();
    }

    /** Stops renewing and frees all lanes. A renewal that has begun may take as long as the time between two of them. */
    void stop() {
        renewal.stop(interval);
        synchronized (this) {
            lease = Lease.none();
        }
        try {
            leases.leave();
        } catch (RuntimeException e) {
            if (infrastructure.explains(e)) {
                log.debug("Our lanes were not released at shutdown", e);
            } else {
                log.warn(
                        "Our lanes were not released at shutdown; other instances take them over when the lease has expired: {}",
                        e);
            }
        }
    }

    synchronized Lease lease() {
        return lease;
    }

    /** Returns whether lanes were taken over since the last call, and resets that. */
    synchronized boolean takeFenced() {
        boolean taken = fenced;
        fenced = false;
        return taken;
    }

    /**
     * Forgets our lanes, because another database server has replaced the one that leased them, and renews at the new
     * one at once.
     */
    void startAnew() {
        // not during a renewal: the answer of the old server would still count
        renewalLock.lock();
        try {
            synchronized (this) {
                lease = Lease.none();
            }
        } finally {
            renewalLock.unlock();
        }
        renewal.runSoon();
    }

    /** Hands lanes over to the other instances. None of their rows may be in flight. */
    void handOver(Set<Integer> lanes) {
        // not during a renewal: its answer might still include these lanes when another instance has taken them
        renewalLock.lock();
        try {
            synchronized (this) {
                lease = lease.without(lanes);
            }
            leases.release(lanes);
        } finally {
            renewalLock.unlock();
        }
    }

    /** Queues a renewal, because lanes have become free or another instance needs some. Does not wait for it. */
    void renewSoon() {
        renewal.runSoon();
    }

    /** Returns how the relay polls for messages. */
    Attention attention() {
        return attention;
    }

    /** Returns whether this instance must leave its lanes to others, because it cannot send and they can. */
    boolean mustLeave() {
        return fitness.mustLeave();
    }

    /**
     * Leaves all lanes to the other instances. None of their rows may be in flight, and the producer must be closed.
     */
    void leave() {
        renewalLock.lock();
        try {
            synchronized (this) {
                lease = Lease.none();
            }
            leases.leave();
            fitness.noteLeft();
        } finally {
            renewalLock.unlock();
        }
    }

    /** Notes a failure of the sending thread. */
    void noteFailure(Throwable thrown) {
        fitness.noteFailure(thrown);
    }

    /** Returns why this instance takes no lanes; null if it does. */
    @Nullable
    String whyAside() {
        return fitness.whyAside();
    }

    /** Returns the Error that prevents renewals; null if there is none. */
    @Nullable
    String trouble() {
        return endurance.trouble();
    }

    private void renew() {
        renewLocked();
        endurance.noteWorking();
    }

    private void renewLocked() {
        renewalLock.lock();
        try {
            if (fitness.stayAsideOrReturn(infrastructure.kafka().isAway())) {
                return;
            }
            Fitness.Report report = fitness.assess();
            if (fitness.isLeaveOverdue()) {
                return; // the sending thread does not leave the lanes: the lease must expire
            }
            Attention.Announcement hearing = attention.prepareAnnouncement();
            LaneLeases.Renewal renewal = leases.renew(new LaneLeases.Announcement(report, hearing));
            infrastructure.postgres().noteUse();
            fitness.noteOthers(renewal.othersSend());
            attention.noteReleased(renewal.released());
            boolean wake = attention.confirmAnnounced(hearing) || fitness.mustLeave() || renewal.released();
            acceptRenewed(lease(), renewal.lease(), wake);
        } finally {
            renewalLock.unlock();
        }
    }

    private void acceptRenewed(Lease before, Lease renewed, boolean wake) {
        boolean lost = !renewed.continues(before);
        synchronized (this) {
            fenced |= lost;
            lease = renewed;
        }
        if (lost) {
            log.warn(
                    "Another instance has taken over lanes of this one, whose lease had expired; sending starts anew. Nothing has to be done");
            observer.fenced();
        }
        if (wake || !renewed.lanes().equals(before.lanes()) || renewed.surplus() > 0) {
            onChange.run();
        }
    }
}
