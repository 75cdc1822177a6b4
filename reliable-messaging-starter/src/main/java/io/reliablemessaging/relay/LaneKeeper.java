package io.reliablemessaging.relay;

import io.reliablemessaging.MessagingObserver;
import io.reliablemessaging.reachability.FailureLog;
import io.reliablemessaging.reachability.Infrastructure;
import io.reliablemessaging.text.ReadableLogger;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
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
    private final Duration every;
    private final Runnable changed;
    private final MessagingObserver observer;
    private final Infrastructure infrastructure;
    private final ScheduledExecutorService thread =
            Executors.newSingleThreadScheduledExecutor(new CustomizableThreadFactory("rm-lanes-"));
    private final Lock database = new ReentrantLock();
    private Lease lease = Lease.none();
    private boolean fenced;
    private final FailureLog failures;

    /**
     * Makes a keeper.
     *
     * @param every how often to renew
     * @param changed called when other lanes are ours than before
     */
    LaneKeeper(
            LaneLeases leases,
            Duration every,
            Runnable changed,
            MessagingObserver observer,
            Infrastructure infrastructure) {
        this.leases = leases;
        this.every = every;
        this.changed = changed;
        this.observer = observer;
        this.infrastructure = infrastructure;
        this.failures = new FailureLog(
                log,
                Level.WARN,
                infrastructure,
                "The lease of our lanes cannot be renewed; sending stops when it runs out",
                "The lease of our lanes is renewed again");
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

    private void renew() {
        try {
            renewLocked();
            failures.worked();
        } catch (Throwable t) { // an Error, too: it would end the renewals without a word
            failures.failed(t);
        }
    }

    private void renewLocked() {
        database.lock();
        try {
            accept(lease(), leases.renew());
        } finally {
            database.unlock();
        }
    }

    private void accept(Lease before, Lease renewed) {
        boolean lost = !renewed.continues(before);
        synchronized (this) {
            fenced |= lost;
            lease = renewed;
        }
        if (lost) {
            log.warn("Lanes were taken over by another instance: sending starts anew");
            observer.fenced();
        }
        if (!renewed.lanes().equals(before.lanes()) || renewed.surplus() > 0) {
            changed.run();
        }
    }
}
