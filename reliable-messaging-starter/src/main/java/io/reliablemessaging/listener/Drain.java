package io.reliablemessaging.listener;

import io.reliablemessaging.deadletter.Claim;
import io.reliablemessaging.deadletter.ParkedQueues;
import io.reliablemessaging.listener.Delivered.Handled;
import io.reliablemessaging.listener.NotDeliveredException.Reason;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.transaction.TransactionException;

/** Looks for parked keys of a listener that are due, and has their messages handled. Every instance of a group does. */
final class Drain implements Runnable, Outage.Work {

    private static final Logger log = LoggerFactory.getLogger(Drain.class);
    private static final Duration LOOK = Duration.ofSeconds(1);

    private final ListenerSettings settings;
    private final Collection<String> topics;
    private final ParkedQueues queues;
    private final ParkedDelivery delivery;
    private final ListenerWork.Tools tools;
    private final Workers workers;
    private final BooleanSupplier paused;
    private final Consumer<Error> fatal;
    private final Semaphore awake = new Semaphore(0);
    private final Semaphore slots;
    private volatile boolean stopping;

    Drain(
            ListenerSettings settings,
            Collection<String> topics,
            ParkedQueues queues,
            ParkedDelivery delivery,
            ListenerWork.Tools tools,
            Workers workers,
            BooleanSupplier paused,
            Consumer<Error> fatal) {
        this.settings = settings;
        this.topics = topics;
        this.queues = queues;
        this.delivery = delivery;
        this.tools = tools;
        this.workers = workers;
        this.paused = paused;
        this.fatal = fatal;
        this.slots = new Semaphore(settings.concurrency());
    }

    @Override
    public void run() {
        try {
            while (!stopping) {
                boolean found = !paused.getAsBoolean()
                        && !tools.database().holds(this)
                        && !tools.remote().holds(this)
                        && look();
                if (!found) {
                    awake.tryAcquire(LOOK.toMillis(), TimeUnit.MILLISECONDS);
                    awake.drainPermits();
                }
            }
            slots.tryAcquire(settings.concurrency(), settings.handOverLimit().toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** There may be something due, or the outage is over. */
    @Override
    public void resume() {
        awake.release();
    }

    void stop() {
        stopping = true;
        awake.release();
    }

    /**
     * Claims as many keys as can be worked on at once: a claim must not wait for a thread.
     *
     * @return whether there may be more
     */
    private boolean look() throws InterruptedException {
        int ready = 0;
        if (!slots.tryAcquire(LOOK.toMillis(), TimeUnit.MILLISECONDS)) {
            return false;
        }
        if (!tools.permits().tryAcquire(LOOK)) {
            slots.release();
            return false;
        }
        ready++;
        while (slots.tryAcquire()) {
            if (!tools.permits().tryAcquire(Duration.ZERO)) {
                slots.release();
                break;
            }
            ready++;
        }
        int claimed = 0;
        try {
            List<Claim> claims = queues.claim(settings.group(), topics, ready);
            tools.database().over();
            for (Claim claim : claims) {
                claimed++;
                workers.execute(() -> work(claim));
            }
            return claimed > 0;
        } catch (DataAccessException e) {
            tools.database().met(e, this);
            return false;
        } catch (RuntimeException e) {
            log.error("Listener {} could not look for parked messages; it looks again", settings.id(), e);
            return false;
        } finally {
            for (int i = claimed; i < ready; i++) {
                free();
            }
        }
    }

    private void work(Claim claim) {
        try {
            delivery.deliver(claim).ifPresent(end -> {
                if (end instanceof Handled) {
                    tools.remoteSigns().over();
                }
                tools.reports().ended(claim.message(), claim.attempts() + 1, end);
            });
            tools.database().over();
        } catch (NotDeliveredException e) {
            wait(claim, e);
        } catch (RuntimeException e) {
            log.error("Listener {} could not deliver a parked message; it is tried again", settings.id(), e);
        } catch (Error e) {
            fatal.accept(e);
        } finally {
            free();
            resume();
        }
    }

    private void wait(Claim claim, NotDeliveredException e) {
        if (e.reason() == Reason.DATABASE) {
            tools.database().met(e.thrown(), this);
            return; // the claim ends by itself
        }
        if (e.reason() == Reason.REMOTE) {
            tools.remote().met(e.thrown(), this);
        }
        try {
            delivery.giveBack(claim);
        } catch (DataAccessException | TransactionException again) {
            log.debug("Claim {} ends by itself", claim.id(), again);
        }
    }

    private void free() {
        slots.release();
        tools.permits().release();
    }
}
