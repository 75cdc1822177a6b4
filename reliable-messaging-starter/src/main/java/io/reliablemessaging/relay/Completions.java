package io.reliablemessaging.relay;

import io.reliablemessaging.Confirmation;
import io.reliablemessaging.MessagingObserver;
import io.reliablemessaging.outbox.OutboxRecord;
import io.reliablemessaging.outbox.OutboxTable;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deletes rows that the broker has acknowledged, on a thread of its own: while one delete is under way, the next batch
 * gathers. Rows that cannot be deleted for now stay in flight and are not sent again.
 */
final class Completions implements Runnable {

    private static final Logger log = LoggerFactory.getLogger(Completions.class);
    private static final long PAUSE_SECONDS = 1;

    private final OutboxTable table;
    private final MessagingObserver observer;
    private final Runnable settledSome;
    private final ConcurrentLinkedQueue<Sent> acknowledged = new ConcurrentLinkedQueue<>();
    private final ConcurrentLinkedQueue<OutboxRecord> settled = new ConcurrentLinkedQueue<>();
    private final Semaphore work = new Semaphore(0);
    private List<Sent> deleting = List.of();
    private volatile boolean running = true;

    private record Sent(OutboxRecord row, Confirmation confirmation) {}

    /**
     * Makes the completions.
     *
     * @param settledSome called after rows were deleted
     */
    Completions(OutboxTable table, MessagingObserver observer, Runnable settledSome) {
        this.table = table;
        this.observer = observer;
        this.settledSome = settledSome;
    }

    /** The broker has this row. Called on the producer's thread. */
    void acknowledged(OutboxRecord row, Confirmation confirmation) {
        acknowledged.add(new Sent(row, confirmation));
        work.release();
    }

    /** Takes the rows that were deleted since the last call. */
    List<OutboxRecord> takeSettled() {
        List<OutboxRecord> taken = new ArrayList<>();
        for (OutboxRecord row = settled.poll(); row != null; row = settled.poll()) {
            taken.add(row);
        }
        return taken;
    }

    /** Rows that the broker has and that are still there, or were deleted and not taken yet. */
    List<OutboxRecord> unsettled() {
        List<OutboxRecord> rows = new ArrayList<>();
        synchronized (this) {
            deleting.forEach(sent -> rows.add(sent.row()));
            acknowledged.forEach(sent -> rows.add(sent.row()));
        }
        rows.addAll(settled);
        return rows;
    }

    /** Ends the loop once all that was acknowledged is deleted, or at once if that fails. */
    void stop() {
        running = false;
        work.release();
    }

    @Override
    public void run() {
        boolean troubled = false;
        while (running || !acknowledged.isEmpty() || !deleting.isEmpty()) {
            try {
                deleteSome();
                if (troubled) {
                    troubled = false;
                    log.info("Sent messages are deleted from the outbox again");
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            } catch (RuntimeException e) {
                if (!running) {
                    return; // sent again by the next owner: the inbox drops the second
                }
                if (!troubled) {
                    troubled = true;
                    log.warn("Sent messages cannot be deleted from the outbox; trying again: {}", e.toString());
                }
                pause();
            }
        }
    }

    private void deleteSome() throws InterruptedException {
        if (deleting.isEmpty()) {
            work.acquire();
            work.drainPermits();
            gather();
        }
        List<Sent> batch = deleting;
        if (batch.isEmpty()) {
            return;
        }
        table.delete(batch.stream().map(Sent::row).toList());
        synchronized (this) {
            batch.forEach(sent -> settled.add(sent.row()));
            deleting = List.of();
        }
        settledSome.run();
        batch.forEach(sent -> observer.sent(sent.confirmation(), sent.row().waited()));
        observer.batchSent(batch.size());
    }

    private synchronized void gather() {
        List<Sent> batch = new ArrayList<>();
        for (Sent sent = acknowledged.poll(); sent != null; sent = acknowledged.poll()) {
            batch.add(sent);
        }
        deleting = batch;
    }

    private void pause() {
        try {
            var unused = work.tryAcquire(Integer.MAX_VALUE, PAUSE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
