package io.reliablemessaging.consumer;

import io.reliablemessaging.deadletter.Claim;
import io.reliablemessaging.delivery.Answer;
import io.reliablemessaging.delivery.Answer.AgainAfter;
import io.reliablemessaging.delivery.Answer.Held;
import io.reliablemessaging.delivery.ListenerSettings;
import io.reliablemessaging.delivery.MessageText;
import io.reliablemessaging.text.ReadableLogger;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.springframework.dao.DataAccessException;
import org.springframework.transaction.TransactionException;

/** The parked messages of one listener that were claimed and are being handled. */
final class DrainedListener {

    private static final Logger log = ReadableLogger.of(DrainedListener.class);
    private static final long BETWEEN_SWEEPS = Duration.ofMinutes(5).toNanos();
    private static final Duration AWAY_WAIT = Duration.ofSeconds(1);

    private final ConsumerParts parts;
    private final ListenerSettings settings;
    private final Runnable wake;
    private final HandlerPool.Share share;
    private final Set<Claim> claims = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;
    private long nextSweep = System.nanoTime();

    DrainedListener(ConsumerParts parts, Runnable wake) {
        this.parts = parts;
        this.settings = parts.settings();
        this.wake = wake;
        this.share = parts.pool().join(settings.id(), "rm-" + settings.id() + "-parked-", settings.concurrency());
    }

    String group() {
        return settings.group();
    }

    Collection<String> topics() {
        return parts.topics();
    }

    /** Takes the turn to look for messages that nothing leads to; false if that is not due. Of the drain's thread. */
    boolean takeSweep() {
        if (System.nanoTime() - nextSweep < 0) {
            return false;
        }
        nextSweep = System.nanoTime() + BETWEEN_SWEEPS;
        return true;
    }

    /** How many keys may be claimed for it now. If something is away that it needs, it waits for that. */
    int limit(int freePermits) {
        if (closed || parts.paused().getAsBoolean()) {
            return 0;
        }
        Outage dependency = parts.outages().dependency();
        if (!dependency.admits(this)) {
            dependency.await(this, this::resume);
            return 0;
        }
        int working = claims.size();
        if (dependency.isOn()) {
            return working == 0 ? 1 : 0; // let through to try, with one message
        }
        return Math.max(working == 0 ? 1 : 0, Math.min(share.most() - working, freePermits));
    }

    /** Nothing of it was due: if it was let through to try what it needs, somebody else is. */
    void nothingDue() {
        if (claims.isEmpty()) {
            parts.outages().dependency().passOn(this, this::resume);
        }
    }

    private boolean resume() {
        wake.run();
        return !closed;
    }

    /** Handles a claimed message as soon as there is a permit. */
    void handle(Claim claim) {
        claims.add(claim);
        share.execute(() -> deliver(claim));
        if (closed && claims.remove(claim)) {
            giveBack(claim, Duration.ZERO); // it was claimed while the listener was being closed
        }
    }

    private void deliver(Claim claim) {
        parts.running().begin(claim, claim.readableMessage(), null);
        try {
            Answer answer = parts.deliveries().parked().deliver(claim);
            if (answer instanceof Held held) {
                Outage away = parts.outages().begin(held);
                giveBack(claim, AWAY_WAIT);
                if (away == parts.outages().dependency()) {
                    away.await(this, this::resume); // it has tried in vain
                }
            } else {
                parts.outages().answered(answer);
                if (answer instanceof AgainAfter again) {
                    giveBack(claim, again.delay());
                }
            }
        } catch (RuntimeException e) {
            log.error(
                    "{}: it is parked and could not be delivered; it is tried again when its claim is over",
                    MessageText.of(settings, claim.readableMessage()),
                    e);
        } catch (Error e) {
            parts.fatal().accept(e);
            giveBack(claim, AWAY_WAIT); // this process has met the error and lives: nobody died
        } finally {
            parts.running().end(claim);
            claims.remove(claim);
            wake.run();
        }
    }

    private void giveBack(Claim claim, Duration delay) {
        try {
            parts.deliveries().parked().giveBack(claim, delay);
        } catch (DataAccessException | TransactionException e) {
            log.debug("Claim of row {} ends by itself", claim.id(), e);
        }
    }

    /** Begins nothing more, and waits for what runs, within a bound. What still runs then is no sign of a death. */
    void close() {
        closed = true;
        share.close();
        try {
            boolean unused = share.awaitIdle(settings.handOverLimit());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        List.copyOf(claims).forEach(claim -> giveBack(claim, Duration.ZERO));
    }
}
