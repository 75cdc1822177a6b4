package io.reliablemessaging.relay;

import io.reliablemessaging.MessagingObserver;
import io.reliablemessaging.outbox.OutboxRecord;
import io.reliablemessaging.relay.RelayProducer.NotSent;
import io.reliablemessaging.text.ReadableLogger;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.event.Level;

/**
 * Hands rows to the producer and knows which are under way. Opens a producer when it needs one, and a new one after a
 * failure. Of one thread.
 */
final class Dispatch {

    private static final Logger log = ReadableLogger.of(Dispatch.class);

    // a minute, with the default lease: longer than a cluster needs for a new leader
    private static final int PATIENCE_IN_ALL = 30;

    private final Supplier<RelayProducer> producers;
    private final Completions completions;
    private final Waiting waiting;
    private final MessagingObserver observer;
    private final Duration patience;
    private final Duration unanswered;
    private final InFlight inFlight = new InFlight();
    private long nextLook = System.nanoTime();
    private boolean stuck;
    private @Nullable RelayProducer producer;

    /**
     * Makes a dispatch.
     *
     * @param patience how long to wait for the answer to a row that is sent alone
     */
    Dispatch(
            Supplier<RelayProducer> producers,
            Completions completions,
            Waiting waiting,
            MessagingObserver observer,
            Duration patience) {
        this.producers = producers;
        this.completions = completions;
        this.waiting = waiting;
        this.observer = observer;
        this.patience = patience;
        this.unanswered = patience.multipliedBy(PATIENCE_IN_ALL);
    }

    InFlight inFlight() {
        return inFlight;
    }

    /** Sends all that need not wait, without waiting for an answer. */
    void send(List<OutboxRecord> rows, Lease lease) {
        RelayProducer open = open();
        Set<String> refusing = new HashSet<>();
        for (OutboxRecord row : waiting.withoutBlocked(rows)) {
            if (lease.isOver() || open.isClosed()) {
                return;
            }
            // because of one before it. Not by the clock: a hold may end amid these rows, and later ones would pass it
            if (refusing.contains(row.message().topic()) || waiting.isBehind(row)) {
                continue;
            }
            if (row.unreadable() != null) {
                waiting.unreadable(row, row.unreadable());
                continue;
            }
            inFlight.add(row);
            Exception refused = open.send(row, completions);
            if (refused != null) {
                inFlight.remove(row);
                refusing.add(row.message().topic());
                waiting.refused(row, refused);
                if (waiting.isRefused()) {
                    startAnew();
                    return;
                }
            }
        }
    }

    /** Sends a row from the quarantine, when nothing is in flight, and returns whether the broker has taken it. */
    boolean sendAlone(OutboxRecord row) throws InterruptedException {
        if (row.unreadable() != null) {
            waiting.unreadableAgain(row, row.unreadable());
            return false;
        }
        try {
            observer.sent(open().sendAlone(row, patience), row.waited());
            return true;
        } catch (TimeoutException e) {
            var unused = abandon(); // it may have been written; it is sent again
        } catch (ExecutionException e) {
            waiting.refusedAgain(row, e.getCause() instanceof Exception said ? said : e);
        }
        return false;
    }

    /** Takes note of what was deleted, and returns how many rows. */
    int settle() {
        List<OutboxRecord> settled = completions.takeSettled();
        stuck &= settled.isEmpty();
        for (OutboxRecord row : settled) {
            inFlight.remove(row);
            waiting.taken(row);
        }
        return settled.size();
    }

    /**
     * Starts anew if the producer has had no answer for a row for long. Such a row may be meant for a partition that is gone
     * since the topic was deleted and made again with fewer: its producer would wait for that partition for ever. A new one
     * chooses among those that there are now. While all brokers are away this does no harm: all is read and sent again.
     */
    void startAnewIfStuck() {
        long now = System.nanoTime();
        if (producer == null || now - nextLook < 0) {
            return;
        }
        nextLook = now + unanswered.toNanos() / 4;
        // what is acknowledged and waits for its deletion is no business of the producer
        if (inFlight.hasOlder(now - unanswered.toNanos(), completions.unsettled())) {
            if (!stuck) {
                stuck = true;
                boolean away = waiting.isClusterAway();
                log.atLevel(away ? Level.DEBUG : Level.WARN)
                        .log(
                                "Kafka has not answered for messages that were sent {} ago; they are sent again, now and every {} until"
                                        + " it answers",
                                unanswered,
                                unanswered);
            }
            startAnew();
        }
    }

    /** Whether a failure has stopped the producer. */
    boolean hasFailed() {
        return producer != null && producer.isClosed();
    }

    /** Gives up what is in flight, and judges why; whatever the broker has not acknowledged is read and sent again. */
    void startAnew() {
        waiting.judge(giveUp());
    }

    /**
     * Gives up what is in flight; whatever the broker has not acknowledged is read and sent again.
     *
     * @return what has failed
     */
    List<NotSent> giveUp() {
        List<NotSent> failures = abandon();
        // before anything is noted: for want of the database that may fail, and all is read and sent again all the same
        inFlight.retain(completions.unsettled());
        return failures;
    }

    /** Forgets all rows, acknowledged or not: they are of a server whose place another has taken. */
    void forgetAll() {
        var unused = abandon(); // first: from now on no answers come
        completions.forgetAll();
        inFlight.retain(List.of());
    }

    /** Whether answers are to be expected. */
    boolean isSending() {
        return inFlight.rows() > 0 && producer != null && !producer.isClosed();
    }

    /** Sends nothing more, and returns what has failed. */
    List<NotSent> abandon() {
        List<NotSent> failures = producer == null ? List.of() : producer.abandon();
        producer = null;
        return failures;
    }

    /**
     * Sends nothing more. If all that was sent is answered, the producer may end in its own time, which is short; otherwise
     * what is in flight is given up.
     */
    void close() {
        boolean answered = inFlight.rows() == completions.unsettled().size();
        if (producer != null && answered && !producer.isClosed()) {
            producer.end();
            producer = null;
        } else {
            var unused = abandon();
        }
    }

    private RelayProducer open() {
        if (producer == null) {
            producer = producers.get();
        }
        return producer;
    }
}
