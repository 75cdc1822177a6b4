package io.reliablemessaging.relay;

import io.reliablemessaging.outbox.OutboxRecord;
import java.time.Duration;
import java.util.List;
import java.util.Set;

/**
 * Messages in quarantine that a person has released: sent one at a time, in order, while their key stays blocked and its newer
 * messages queue up behind them.
 */
final class Releases {

    private static final Duration LOOK_EVERY = Duration.ofMillis(500);

    private final QuarantineTable quarantine;
    private final Dispatch dispatch;
    private final Waiting waiting;
    private long nextLook = System.nanoTime();

    Releases(QuarantineTable quarantine, Dispatch dispatch, Waiting waiting) {
        this.quarantine = quarantine;
        this.dispatch = dispatch;
        this.waiting = waiting;
    }

    List<OutboxRecord> due(Set<Integer> lanes) {
        if (System.nanoTime() - nextLook < 0) {
            return List.of();
        }
        List<OutboxRecord> released = quarantine.released(lanes).stream()
                .filter(row -> !waiting.holds(row))
                .toList();
        if (released.isEmpty()) {
            nextLook = System.nanoTime() + LOOK_EVERY.toNanos();
        }
        return released;
    }

    /** Sends them while nothing else is in flight. Dies between the broker's answer and the delete: sent twice. */
    void send(List<OutboxRecord> released, Lease lease) throws InterruptedException {
        for (OutboxRecord row : released) {
            if (lease.isOver() || !dispatch.sendAlone(row)) {
                break;
            }
            quarantine.delete(row);
        }
        waiting.forgetBlocked(); // loads anew who is still waiting
    }
}
