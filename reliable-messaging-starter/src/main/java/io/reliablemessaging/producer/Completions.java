package io.reliablemessaging.producer;

import io.reliablemessaging.Confirmation;
import io.reliablemessaging.MessagingObserver;
import io.reliablemessaging.lanes.EnduringThread;
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
 * Deletes rows that the broker has acknowledged, on a thread of its own. While one delete runs, the next batch gathers.
 * Rows that cannot be deleted for now stay in flight and are not sent again.
 */
public final class Completions implements Runnable {

    private static final Logger log = ReadableLogger.of(Completions.class);
    private static final Duration PAUSE_AFTER_TROUBLE = Duration.ofSeconds(1);

    // no message waits for a deletion
    private static final Duration LONGEST_BREAK = Duration.ofMillis(30);

    // enough rows for a statement, without waiting for more
    private static final int MANY = 512;

    private final OutboxTable table;
    private final MessagingObserver observer;
    private final Runnable onSettled;
    private final EnduringThread enduringThread;
    private final BatchingPause batchingPause = new BatchingPause(LONGEST_BREAK);

    // all guarded by this
    private List<SentRecord> acknowledged = new ArrayList<>();
    private List<SentRecord> deleting = List.of();
    private List<SentRecord> settled = new ArrayList<>();
    private boolean announceNext;
    private boolean running = true;

    /**
     * Creates the completions.
     *
     * @param onSettled called after rows were deleted, if {@link #announceNext} has asked for it
     */
    public Completions(
            OutboxTable table, MessagingObserver observer, Runnable onSettled, Infrastructure infrastructure) {
        this.table = table;
        this.observer = observer;
        this.onSettled = onSettled;
        this.enduringThread = new EnduringThread(
                "Sent messages cannot be deleted from the outbox",
                new FailureLog(
                        log,
                        Level.WARN,
                        infrastructure,
                        "Sent messages cannot be deleted from the outbox; the delete is retried every second. Check the database",
                        "Sent messages are deleted from the outbox again"));
    }

    /** Queues a row for deletion that the broker has acknowledged. Called on the producer's thread. */
    synchronized void acknowledged(OutboxRecord row, Confirmation confirmation) {
        acknowledged.add(new SentRecord(row, confirmation, row.waited()));
        if (acknowledged.size() == 1 || acknowledged.size() == MANY) {
            notifyAll();
        }
    }

    /** Returns the rows that were deleted since the last call, and forgets them. */
    public synchronized List<SentRecord> takeSettled() {
        List<SentRecord> taken = settled;
        settled = new ArrayList<>();
        return taken;
    }

    /** Requests a call of the listener once there are deleted rows to take. */
    public synchronized void announceNext() {
        if (settled.isEmpty()) {
            announceNext = true;
        } else {
            onSettled.run();
        }
    }

    /** Returns the rows that the broker has acknowledged and that are not deleted yet, or deleted and not taken yet. */
    public synchronized List<OutboxRecord> unsettled() {
        List<OutboxRecord> rows = new ArrayList<>();
        settled.forEach(sent -> rows.add(sent.row()));
        deleting.forEach(sent -> rows.add(sent.row()));
        acknowledged.forEach(sent -> rows.add(sent.row()));
        return rows;
    }

    /** Forgets all rows, because another database server has replaced theirs. The producer must have been abandoned. */
    public synchronized void forgetAll() {
        acknowledged = new ArrayList<>();
        deleting = List.of();
        settled = new ArrayList<>();
    }

    /** Ends the loop once all acknowledged rows are deleted, or at once if a delete fails. */
    public synchronized void stop() {
        running = false;
        notifyAll();
    }

    /** Returns the Error that prevents the deletion of rows; null if there is none. */
    public synchronized @Nullable String trouble() {
        return deleting.isEmpty() ? null : enduringThread.trouble();
    }

    @Override
    public void run() {
        while (awaitWork()) {
            if (!enduringThread.tryRun(this::deleteSome) && !pause()) {
                return; // the next owner sends the rows again: the inbox drops the second
            }
        }
    }

    /** Waits for rows to delete; returns false when no more will come. */
    private synchronized boolean awaitWork() {
        while (running && deleting.isEmpty() && acknowledged.size() < MANY) {
            long left = batchingPause.left();
            try {
                if (acknowledged.isEmpty()) {
                    wait();
                } else if (left > 0) {
                    TimeUnit.NANOSECONDS.timedWait(this, left);
                } else {
                    break;
                }
            } catch (InterruptedException e) {
                log.debug("The deletion of sent messages was interrupted without a stop and goes on");
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
        batchingPause.noteServed(batch.size());
        if (!settle(batch)) {
            return;
        }
        batch.forEach(sent -> observer.sent(sent.confirmation(), sent.waited()));
        observer.batchSent(batch.size());
    }

    private synchronized List<SentRecord> deleting() {
        return deleting;
    }

    /** Moves a deleted batch to the settled rows; returns false if the rows were forgotten meanwhile. */
    private synchronized boolean settle(List<SentRecord> batch) {
        if (deleting != batch) {
            return false;
        }
        settled.addAll(batch);
        deleting = List.of();
        if (announceNext) {
            announceNext = false;
            onSettled.run();
        }
        return true;
    }

    /** Pauses after a failure; returns false if the loop must end. */
    private synchronized boolean pause() {
        long end = System.nanoTime() + PAUSE_AFTER_TROUBLE.toNanos();
        try {
            for (long left = PAUSE_AFTER_TROUBLE.toNanos(); running && left > 0; left = end - System.nanoTime()) {
                TimeUnit.NANOSECONDS.timedWait(this, left);
            }
        } catch (InterruptedException e) {
            log.debug("The deletion of sent messages was interrupted without a stop and goes on");
        }
        return running;
    }
}
