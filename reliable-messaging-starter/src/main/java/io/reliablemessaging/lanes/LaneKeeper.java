package io.reliablemessaging.lanes;

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
public final class LaneKeeper {

    private static final Logger log = ReadableLogger.of(LaneKeeper.class);

    private final LaneLeases leases;
    private final SendingFitness sendingFitness;
    private final PollSchedule pollSchedule;
    private final Duration interval;
    private final Runnable onChange;
    private final MessagingObserver observer;
    private final Infrastructure infrastructure;
    private final Lock renewalLock = new ReentrantLock();
    private LaneLease lease = LaneLease.none();
    private boolean fenced;
    private final EnduringThread enduringThread;
    private final PeriodicTask renewal;

    /**
     * Creates a keeper.
     *
     * @param sendingFitness decides whether this instance can send
     * @param pollSchedule provides what a renewal announces
     * @param interval time between two renewals
     * @param onChange called when the set of our lanes has changed
     */
    public LaneKeeper(
            LaneLeases leases,
            SendingFitness sendingFitness,
            PollSchedule pollSchedule,
            Duration interval,
            Runnable onChange,
            MessagingObserver observer,
            Infrastructure infrastructure) {
        this.leases = leases;
        this.sendingFitness = sendingFitness;
        this.pollSchedule = pollSchedule;
        this.interval = interval;
        this.onChange = onChange;
        this.observer = observer;
        this.infrastructure = infrastructure;
        this.enduringThread = new EnduringThread(
                "The lease of the lanes is not renewed, and sending stops when it expires",
                new FailureLog(
                        log,
                        Level.WARN,
                        infrastructure,
                        "The lease of our lanes cannot be renewed; sending stops when it expires, and the renewal is retried. Check the database",
                        "The lease of our lanes is renewed again"));
        this.renewal = new PeriodicTask("rm-lanes", interval, this::renew, enduringThread::noteFailure);
    }

    public void start() {
        renewal.start();
    }

    /** Stops renewing and frees all lanes. A renewal that has begun may take as long as the time between two of them. */
    public void stop() {
        renewal.stop(interval);
        synchronized (this) {
            lease = LaneLease.none();
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

    public synchronized LaneLease lease() {
        return lease;
    }

    /** Returns whether lanes were taken over since the last call, and resets that. */
    public synchronized boolean takeFenced() {
        boolean taken = fenced;
        fenced = false;
        return taken;
    }

    /**
     * Forgets our lanes, because another database server has replaced the one that leased them, and renews at the new
     * one at once.
     */
    public void startAnew() {
        // not during a renewal: the answer of the old server would still count
        renewalLock.lock();
        try {
            synchronized (this) {
                lease = LaneLease.none();
            }
        } finally {
            renewalLock.unlock();
        }
        renewal.runSoon();
    }

    /** Hands lanes over to the other instances. None of their rows may be in flight. */
    public void handOver(Set<Integer> lanes) {
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
    public void renewSoon() {
        renewal.runSoon();
    }

    /** Returns how the relay polls for messages. */
    public PollSchedule pollSchedule() {
        return pollSchedule;
    }

    /** Returns whether this instance must leave its lanes to others, because it cannot send and they can. */
    public boolean mustLeave() {
        return sendingFitness.mustLeave();
    }

    /**
     * Leaves all lanes to the other instances. None of their rows may be in flight, and the producer must be closed.
     */
    public void leave() {
        renewalLock.lock();
        try {
            synchronized (this) {
                lease = LaneLease.none();
            }
            leases.leave();
            sendingFitness.noteLeft();
        } finally {
            renewalLock.unlock();
        }
    }

    /** Notes a failure of the sending thread. */
    public void noteFailure(Throwable thrown) {
        sendingFitness.noteFailure(thrown);
    }

    /** Returns why this instance takes no lanes; null if it does. */
    @Nullable
    public String whyAside() {
        return sendingFitness.whyAside();
    }

    /** Returns the Error that prevents renewals; null if there is none. */
    @Nullable
    public String trouble() {
        return enduringThread.trouble();
    }

    private void renew() {
        renewLocked();
        enduringThread.noteWorking();
    }

    private void renewLocked() {
        renewalLock.lock();
        try {
            if (sendingFitness.stayAsideOrReturn(infrastructure.kafka().isAway())) {
                return;
            }
            SendingFitness.Report report = sendingFitness.assess();
            if (sendingFitness.isLeaveOverdue()) {
                return; // the sending thread does not leave the lanes: the lease must expire
            }
            PollSchedule.Announcement hearing = pollSchedule.prepareAnnouncement();
            LaneLeases.Renewal renewal = leases.renew(new LaneLeases.Announcement(report, hearing));
            infrastructure.postgres().noteUse();
            sendingFitness.noteOthers(renewal.othersSend());
            pollSchedule.noteReleased(renewal.released());
            boolean wake = pollSchedule.confirmAnnounced(hearing) || sendingFitness.mustLeave() || renewal.released();
            acceptRenewed(lease(), renewal.lease(), wake);
        } finally {
            renewalLock.unlock();
        }
    }

    private void acceptRenewed(LaneLease before, LaneLease renewed, boolean wake) {
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
