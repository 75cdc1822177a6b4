package io.reliablemessaging.relay;

import io.reliablemessaging.MessagingObserver;
import io.reliablemessaging.outbox.OutboxRecord;
import io.reliablemessaging.outbox.OutboxSignal;
import io.reliablemessaging.outbox.OutboxTable;
import io.reliablemessaging.relay.RelayBatch.NotSent;
import io.reliablemessaging.relay.RelayBatch.Sent;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends what is in our lanes, over and over:
 *
 * <ol>
 *   <li>make sure that the lanes are ours;
 *   <li>read their heads, from the first row;
 *   <li>send all of them without waiting in between. Dies here: the rows are still there, the next owner sends them again;
 *   <li>wait for the broker's answers, renewing the lease;
 *   <li>delete what was acknowledged. Dies before: sent twice, the inbox drops the second.
 * </ol>
 */
final class RelayLoop implements Runnable {

    private static final Logger log = LoggerFactory.getLogger(RelayLoop.class);
    private static final Duration PAUSE_AFTER_TROUBLE = Duration.ofSeconds(1);

    // half of the producer's default buffer.memory, so that send() does not block for want of it
    private static final long MOST_BYTES = 16L << 20;

    private final LaneLeases leases;
    private final OutboxTable table;
    private final OutboxSignal signal;
    private final Supplier<RelayProducer> producers;
    private final MessagingObserver observer;
    private final RelayProperties settings;
    private final HeldTopics held = new HeldTopics();

    private @Nullable Lease lease;
    private @Nullable RelayProducer producer;
    private boolean troubled;
    private volatile boolean running = true;

    RelayLoop(
            LaneLeases leases,
            OutboxTable table,
            OutboxSignal signal,
            Supplier<RelayProducer> producers,
            MessagingObserver observer,
            RelayProperties settings) {
        this.leases = leases;
        this.table = table;
        this.signal = signal;
        this.producers = producers;
        this.observer = observer;
        this.settings = settings;
    }

    /** Ends the loop after its current round, or after a third of the lease if the broker does not answer. */
    void stop() {
        running = false;
        signal.wake();
    }

    @Override
    public void run() {
        try {
            while (running) {
                guardedRound();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            leave();
        }
    }

    private void guardedRound() throws InterruptedException {
        try {
            round();
            if (troubled) {
                troubled = false;
                log.info("The relay works again");
            }
        } catch (RuntimeException e) {
            if (!troubled) {
                troubled = true;
                log.error("The relay cannot work; messages wait in the outbox and it tries again every second", e);
            }
            abandonProducer();
            signal.await(PAUSE_AFTER_TROUBLE);
        }
    }

    private void round() throws InterruptedException {
        Lease ours = renewedIfDue();
        List<OutboxRecord> rows = ours.lanes().isEmpty() ? List.of() : heads(ours);
        if (rows.isEmpty()) {
            signal.await(settings.pollInterval());
            return;
        }
        RelayBatch batch = send(rows, ours);
        awaitAnswers(batch);
        complete(batch);
    }

    private Lease renewedIfDue() {
        Lease current = lease;
        long third = settings.lease().toNanos() / 3;
        if (current != null && current.deadline() - System.nanoTime() > 2 * third) {
            return current;
        }
        Lease renewed = leases.acquire();
        if (current != null && !renewed.continues(current)) {
            log.warn("Lanes were taken over by another instance: sending starts anew");
            abandonProducer();
        }
        lease = renewed;
        return renewed;
    }

    private List<OutboxRecord> heads(Lease ours) {
        int perLane = Math.max(1, settings.batchSize() / ours.lanes().size());
        return table.heads(ours.lanes(), held.now(), perLane);
    }

    private RelayBatch send(List<OutboxRecord> rows, Lease ours) {
        RelayProducer open = openProducer();
        RelayBatch batch = new RelayBatch();
        long bytes = 0;
        for (OutboxRecord row : rows) {
            bytes += row.message().size();
            boolean full = bytes > MOST_BYTES && bytes > row.message().size(); // one alone must go, however large
            if (full || ours.isOver() || open.hasFailed()) {
                break;
            }
            String topic = row.message().topic();
            if (!held.contains(topic)) {
                Exception refused = open.send(row, batch);
                if (refused != null) {
                    held.hold(topic, refused);
                }
            }
        }
        return batch;
    }

    private void awaitAnswers(RelayBatch batch) throws InterruptedException {
        Duration third = settings.lease().dividedBy(3);
        while (!batch.await(third)) {
            if (!running) {
                abandonProducer(); // fails what is unanswered; its rows stay
            } else {
                renewedIfDue();
            }
        }
    }

    private void complete(RelayBatch batch) {
        List<Sent> sent = batch.sent();
        if (!sent.isEmpty()) {
            table.delete(sent.stream().map(Sent::row).toList());
        }
        for (Sent each : sent) {
            held.taken(each.row().message().topic());
            observer.sent(each.confirmation());
        }
        NotSent failure = batch.firstFailure();
        if (failure != null && producer != null && producer.hasFailed()) {
            held.hold(failure.row().message().topic(), failure.cause());
            abandonProducer();
        }
    }

    private RelayProducer openProducer() {
        if (producer == null) {
            producer = producers.get();
        }
        return producer;
    }

    private void abandonProducer() {
        if (producer != null) {
            producer.abandon();
            producer = null;
        }
    }

    private void leave() {
        abandonProducer();
        try {
            leases.release();
        } catch (RuntimeException e) {
            log.warn("Lanes were not released: other instances take them over in {}", settings.lease(), e);
        }
    }
}
