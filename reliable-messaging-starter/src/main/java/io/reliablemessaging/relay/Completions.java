package io.reliablemessaging.relay;

import io.reliablemessaging.Confirmation;
import io.reliablemessaging.MessagingObserver;
import io.reliablemessaging.outbox.OutboxRecord;
import io.reliablemessaging.outbox.OutboxTable;
import io.reliablemessaging.outbox.SentRecord;
import io.reliablemessaging.reachability.FailureLog;
import io.reliablemessaging.reachability.Infrastructure;
import io.reliablemessaging.text.ReadableLogger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.event.Level;

/**
 * Deletes rows that the broker has acknowledged, on a thread of its own: while one delete is under way, the next batch
 * gathers. Rows that cannot be deleted for now stay in flight and are not sent again.
 */
final class Completions implements Runnable {

    private static final Logger log = ReadableLogger.of(Completions.class);
    private static final Duration PAUSE_AFTER_TROUBLE = Duration.ofSeconds(1);

    // nobody waits for a deletion
    private static final Duration LONGEST_BREAK = Duration.ofMillis(30);

    // worth a statement of its own, without waiting for more
    private static final int MANY = 512;

    private final OutboxTable table;
    private final MessagingObserver observer;
    private final Runnable settledSome;
    private final Endurance endurance;
    private final Pace pace = new Pace(LONGEST_BREAK);

    // all guarded by this
    private List<SentRecord> acknowledged = new ArrayList<>();
    private List<SentRecord> deleting = List.of();
    private List<SentRecord> settled = new ArrayList<>();
    private boolean announceNext;
    private boolean running = true;

    /**
     * Makes the completions.
     *
     * @param settledSome called after rows were deleted, if {@link #announceNext} has asked for it
     */
    Completions(OutboxTable table, MessagingObserver observer, Runnable settledSome, Infrastructure infrastructure) {
        this.table = table;
        this.observer = observer;
        this.settledSome = settledSome;
        this.endurance = new Endurance(
                "Sent messages cannot be deleted from the outbox",
                new FailureLog(
                        log,
                        Level.WARN,
                        infrastructure,
                        "Sent messages cannot be deleted from the outbox; trying again",
                        "Sent messages are deleted from the outbox again"));
    }

    /** The broker has this row. Called on the producer's thread. */
    synchronized void acknowledged(OutboxRecord row, Confirmation confirmation) {
        acknowledged.add(new SentRecord(row, confirmation, row.waited()));
        if (acknowledged.size() == 1 || acknowledged.size() == MANY) {
            notifyAll();
        }
    }

    /** Takes the rows that were deleted since the last call. */
    synchronized List<SentRecord> takeSettled() {
        List<SentRecord> taken = settled;
        settled = new ArrayList<>();
        return taken;
    }

    /** Asks to be called once there are rows to take. */
    synchronized void announceNext() {
        if (settled.isEmpty()) {
            announceNext = true;
        } else {
            settledSome.run();
        }
    }

    /** Rows that the broker has and that are still there, or were deleted and not taken yet. */
    synchronized List<OutboxRecord> unsettled() {
        List<OutboxRecord> rows = new ArrayList<>();
        settled.forEach(sent -> rows.add(sent.row()));
        deleting.forEach(sent -> rows.add(sent.row()));
        acknowledged.forEach(sent -> rows.add(sent.row()));
        return rows;
    }

    /** Forgets all rows: they are of a server whose place another has taken. The producer must have been abandoned. */
    synchronized void forgetAll() {
        acknowledged = new ArrayList<>();
        deleting = List.of();
        settled = new ArrayList<>();
    }

    /** Ends the loop once all that was acknowledged is deleted, or at once if that fails. */
    synchronized void stop() {
        running = false;
        notifyAll();
    }

    /** The Error that keeps it from deleting what is to be deleted; null if there is none. */
    synchronized @Nullable String trouble() {
        return deleting.isEmpty() ? null : endurance.trouble();
    }

    @Override
    public void run() {
        while (awaitWork()) {
            if (!endurance.did(this::deleteSome) && !pause()) {
                return; // sent again by the next owner: the inbox drops the second
            }
        }
    }

    /** Returns false when there will be no more. */
    private synchronized boolean awaitWork() {
        while (running && deleting.isEmpty() && acknowledged.size() < MANY) {
            long left = pace.left();
            try {
                if (acknowledged.isEmpty()) {
                    wait();
                } else if (left > 0) {
                    TimeUnit.NANOSECONDS.timedWait(this, left);
                } else {
                    break;
                }
            } catch (InterruptedException e) {
                log.debug("Interrupted, and not by a stop: it goes on");
            }
        }
        if (deleting.isEmpty()) {
            deleting = acknowledged;
            acknowledged = new ArrayList<>();
        }
        return !deleting.isEmpty();
    }

    private void deleteSome() {
        List<SentRecord> batch = deleting();
        table.delete(batch);
        pace.end(batch.size());
        if (!settle(batch)) {
            return;
        }
        batch.forEach(sent -> observer.sent(sent.confirmation(), sent.waited()));
        observer.batchSent(batch.size());
    }

    private synchronized List<SentRecord> deleting() {
        return deleting;
    }

    /** Returns false if the rows were forgotten meanwhile. */
    private synchronized boolean settle(List<SentRecord> batch) {
        if (deleting != batch) {
            return false;
        }
        settled.addAll(batch);
        deleting = List.of();
        if (announceNext) {
            announceNext = false;
            settledSome.run();
        }
        return true;
    }

    /** Returns false if there is no point in trying again. */
    private synchronized boolean pause() {
        long end = System.nanoTime() + PAUSE_AFTER_TROUBLE.toNanos();
        try {
            for (long left = PAUSE_AFTER_TROUBLE.toNanos(); running && left > 0; left = end - System.nanoTime()) {
                TimeUnit.NANOSECONDS.timedWait(this, left);
            }
        } catch (InterruptedException e) {
            log.debug("Interrupted, and not by a stop: it goes on");
        }
        return running;
    }
}
