package io.reliablemessaging.relay;

import io.reliablemessaging.Confirmation;
import io.reliablemessaging.outbox.OutboxRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** Collects the broker's answers to the records of one round. */
final class RelayBatch {

    private final Lock lock = new ReentrantLock();
    private final Condition answered = lock.newCondition();
    private final List<Sent> sent = new ArrayList<>();
    private @Nullable NotSent firstFailure;
    private int unanswered;

    /**
     * A record that is durable.
     *
     * @param row the record
     * @param confirmation the broker's word for it
     */
    record Sent(OutboxRecord row, Confirmation confirmation) {}

    /**
     * A record that the broker has not taken.
     *
     * @param row the record
     * @param cause what the producer said
     */
    record NotSent(OutboxRecord row, Exception cause) {}

    void sending() {
        locked(() -> unanswered++);
    }

    void acknowledged(OutboxRecord row, Confirmation confirmation) {
        locked(() -> {
            sent.add(new Sent(row, confirmation));
            unanswered--;
        });
    }

    void failed(OutboxRecord row, Exception cause) {
        locked(() -> {
            if (firstFailure == null) {
                firstFailure = new NotSent(row, cause);
            }
            unanswered--;
        });
    }

    /**
     * Waits until every record is answered, at most this long.
     *
     * @return whether all are
     */
    boolean await(Duration limit) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            long left = limit.toNanos();
            while (unanswered > 0 && left > 0) {
                left = answered.awaitNanos(left);
            }
            return unanswered == 0;
        } finally {
            lock.unlock();
        }
    }

    /** What the broker has taken; complete once every record is answered. */
    List<Sent> sent() {
        lock.lock();
        try {
            return List.copyOf(sent);
        } finally {
            lock.unlock();
        }
    }

    /** The failure that came first: the later ones failed because of it. */
    @Nullable
    NotSent firstFailure() {
        lock.lock();
        try {
            return firstFailure;
        } finally {
            lock.unlock();
        }
    }

    private void locked(Runnable change) {
        lock.lock();
        try {
            change.run();
            if (unanswered == 0) {
                answered.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }
}
