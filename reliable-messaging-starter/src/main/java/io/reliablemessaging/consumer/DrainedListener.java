package io.reliablemessaging.consumer;

import io.reliablemessaging.deadletter.KeyClaim;
import io.reliablemessaging.delivery.DeliveryAnswer;
import io.reliablemessaging.delivery.DeliveryAnswer.AwaitOutage;
import io.reliablemessaging.delivery.DeliveryAnswer.Finished;
import io.reliablemessaging.delivery.DeliveryAnswer.RetryAfter;
import io.reliablemessaging.delivery.ListenerSettings;
import io.reliablemessaging.delivery.MessageText;
import io.reliablemessaging.permits.HandlerPool;
import io.reliablemessaging.text.ReadableLogger;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.springframework.dao.DataAccessException;
import org.springframework.transaction.TransactionException;

/** Handles the parked messages of one listener that this instance has claimed. */
final class DrainedListener {

    private static final Logger log = ReadableLogger.of(DrainedListener.class);
    private static final long BETWEEN_SWEEPS = Duration.ofMinutes(5).toNanos();
    private static final Duration AWAY_WAIT = Duration.ofSeconds(1);

    private final ConsumerServices services;
    private final ListenerSettings settings;
    private final Runnable wake;
    private final HandlerPool.Share share;
    private final Set<KeyClaim> claims = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;
    private long nextSweep = System.nanoTime();

    DrainedListener(ConsumerServices services, Runnable wake) {
        this.services = services;
        this.settings = services.settings();
        this.wake = wake;
        this.share = services.pool().join(settings.id(), "rm-" + settings.id() + "-parked-", settings.concurrency());
    }

    String group() {
        return settings.group();
    }

    Collection<String> topics() {
        return services.topics();
    }

    /**
     * Starts the next sweep for parked messages whose key has lost its row, if it is due. For the drain's thread. @return
     * whether it is due
     */
    boolean takeSweep() {
        if (System.nanoTime() - nextSweep < 0) {
            return false;
        }
        nextSweep = System.nanoTime() + BETWEEN_SWEEPS;
        return true;
    }

    /**
     * Decides how many keys may be claimed for the listener now. During an outage of what its handler needs, it registers to
     * be woken at the end.
     */
    int allowClaims(int freePermits) {
        if (closed || !services.mayRead()) {
            return 0;
        }
        OutageQueue dependency = services.outages().dependency();
        if (!dependency.admits(this)) {
            dependency.await(this, this::resume);
            return 0;
        }
        int running = claims.size();
        if (dependency.isOn()) {
            return running == 0 ? 1 : 0; // the trial of an outage: one message
        }
        return Math.max(running == 0 ? 1 : 0, Math.min(share.most() - running, freePermits));
    }

    /** Notes that no message was due. If the drain had the trial of an outage, that passes to the next work that waits. */
    void noteNothingDue() {
        if (claims.isEmpty()) {
            services.outages().dependency().passOn(this, this::resume);
        }
    }

    private boolean resume() {
        wake.run();
        return !closed;
    }

    /** Handles a claimed message as soon as a permit is free. */
    void handle(KeyClaim keyClaim) {
        claims.add(keyClaim);
        share.execute(() -> deliver(keyClaim));
        if (closed && claims.remove(keyClaim)) {
            giveBack(keyClaim, Duration.ZERO); // claimed while the listener was being closed
        }
    }

    private void deliver(KeyClaim keyClaim) {
        if (!services.mayHandle()) { // paused since it was claimed
            if (claims.remove(keyClaim)) {
                giveBack(keyClaim, Duration.ZERO);
            }
            return;
        }
        services.running().begin(keyClaim, keyClaim.readableMessage(), null);
        try {
            DeliveryAnswer deliveryAnswer = services.deliveries().parked().deliver(keyClaim);
            deliveryAnswer.on(new EndOfRun(keyClaim));
        } catch (RuntimeException e) {
            log.error(
                    "{}: the delivery of this parked message failed outside the handler. It stays parked; an instance retries it when the claim expires",
                    MessageText.of(settings, keyClaim.readableMessage()),
                    e);
        } catch (Error e) {
            services.fail(e);
            giveBack(keyClaim, AWAY_WAIT); // this process survived the error: the claim must not count as a crash
        } finally {
            services.running().end(keyClaim);
            claims.remove(keyClaim);
            wake.run();
        }
    }

    /** Ends the delivery of a claim as its answer says. */
    private final class EndOfRun implements DeliveryAnswer.Cases {

        private final KeyClaim keyClaim;

        private EndOfRun(KeyClaim keyClaim) {
            this.keyClaim = keyClaim;
        }

        @Override
        public void finished(Finished finished) {
            services.outages().noteAnswer(finished);
        }

        @Override
        public void retryAfter(RetryAfter retry) {
            services.outages().noteAnswer(retry);
            giveBack(keyClaim, retry.delay());
        }

        @Override
        public void awaitOutage(AwaitOutage outage) {
            OutageQueue away = services.outages().begin(outage);
            giveBack(keyClaim, AWAY_WAIT);
            if (away == services.outages().dependency()) {
                away.await(DrainedListener.this, DrainedListener.this::resume); // its trial has failed
            }
        }
    }

    private void giveBack(KeyClaim keyClaim, Duration delay) {
        try {
            services.deliveries().parked().giveBack(keyClaim, delay);
        } catch (DataAccessException | TransactionException e) {
            log.debug("Claim of parked message {} could not be given back; it expires by itself", keyClaim.id(), e);
        }
    }

    /**
     * Starts nothing more, waits for running handlers within a bound, and gives back all claims, so that none counts as a
     * crash.
     */
    void close() {
        closed = true;
        share.close();
        try {
            boolean unused = share.awaitIdle(settings.handOverLimit());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        List.copyOf(claims).forEach(keyClaim -> giveBack(keyClaim, Duration.ZERO));
    }
}
