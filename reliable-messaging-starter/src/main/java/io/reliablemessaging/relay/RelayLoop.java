package io.reliablemessaging.relay;

import io.reliablemessaging.outbox.OutboxReader;
import io.reliablemessaging.outbox.OutboxReader.Head;
import io.reliablemessaging.outbox.OutboxRecord;
import io.reliablemessaging.outbox.OutboxSignal;
import io.reliablemessaging.relay.RelayProducer.NotSent;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends what is in our lanes, over and over:
 *
 * <ol>
 *   <li>make sure that the lanes are ours ({@link LaneKeeper} renews them beside this loop);
 *   <li>read their heads from the floor, without what is in flight;
 *   <li>send all of it without waiting. Dies here: the rows are still there, the next owner sends them again;
 *   <li>{@link Completions} delete what the broker acknowledges, lane by lane, while this loop reads on. Dies before: sent
 *       twice, the inbox drops the second.
 * </ol>
 *
 * <p>One thread reads and sends for all lanes, and one deletes: the database and the broker are what is waited for, and both
 * get their next batch while the last one is under way.
 */
final class RelayLoop implements Runnable {

    private static final Logger log = LoggerFactory.getLogger(RelayLoop.class);
    private static final Duration PAUSE_AFTER_TROUBLE = Duration.ofSeconds(1);

    // in flight at most; a quarter of it must be free before it is worth reading again
    private static final int MOST_ROWS = 8_192;
    // half of the producer's default buffer.memory, so that send() does not block for want of it
    private static final long MOST_BYTES = 16L << 20;

    private final LaneKeeper keeper;
    private final Supplier<OutboxReader> readers;
    private final Function<Runnable, RelayProducer> producers;
    private final Completions completions;
    private final OutboxSignal signal;
    private final RelayProperties settings;
    private final HeldTopics held = new HeldTopics();
    private final InFlight inFlight = new InFlight();
    private final Quotas quotas = new Quotas();

    private Floors floors = new Floors();
    private @Nullable OutboxReader reader;
    private @Nullable RelayProducer producer;
    private boolean troubled;
    private volatile boolean running = true;

    RelayLoop(
            LaneKeeper keeper,
            Supplier<OutboxReader> readers,
            Function<Runnable, RelayProducer> producers,
            Completions completions,
            OutboxSignal signal,
            RelayProperties settings) {
        this.keeper = keeper;
        this.readers = readers;
        this.producers = producers;
        this.completions = completions;
        this.signal = signal;
        this.settings = settings;
    }

    /** Reads no more; what is in flight has a third of the lease to be acknowledged. */
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
            drain();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            abandonProducer();
            closeReader();
            completions.stop();
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
            closeReader();
            signal.await(PAUSE_AFTER_TROUBLE);
        }
    }

    private void round() throws InterruptedException {
        startAnewIfFencedOrFailed();
        settle();
        Lease lease = keeper.lease();
        Set<Integer> lanes = handOverSurplus(lease);
        boolean roomy = inFlight.rows() <= MOST_ROWS * 3 / 4 && inFlight.bytes() <= MOST_BYTES * 3 / 4;
        boolean more = roomy && !lanes.isEmpty() && !lease.isOver() && readAndSend(lease, lanes);
        if (!more) {
            signal.await(settings.pollInterval());
        }
    }

    // Fenced or failed, the answer is the same: nothing more leaves, and all that is not acknowledged is read again.
    private void startAnewIfFencedOrFailed() {
        NotSent failure = producer == null ? null : producer.firstFailure();
        if (keeper.wasFenced() || failure != null) {
            abandonProducer();
            inFlight.retain(completions.unsettled());
        }
        if (failure != null) {
            held.hold(failure.row().message().topic(), failure.cause());
        }
    }

    private void settle() {
        List<OutboxRecord> settled = completions.takeSettled();
        for (OutboxRecord row : settled) {
            inFlight.remove(row);
            held.taken(row.message().topic());
        }
        floors.gone(settled.size());
    }

    // Lanes that others should have are read no more, and handed over once nothing of theirs is in flight.
    private Set<Integer> handOverSurplus(Lease lease) {
        TreeSet<Integer> lanes = new TreeSet<>(lease.lanes());
        Set<Integer> idle = new TreeSet<>();
        for (int surplus = lease.surplus(); surplus > 0; surplus--) {
            int lane = lanes.pollLast();
            if (!inFlight.has(lane)) {
                idle.add(lane);
            }
        }
        if (!idle.isEmpty()) {
            keeper.handOver(idle);
        }
        floors.retain(lanes);
        return lanes;
    }

    /** Returns whether there is more to read at once. */
    private boolean readAndSend(Lease lease, Set<Integer> lanes) {
        OutboxReader open = openReader();
        List<String> heldTopics = held.now();
        boolean ripe = heldTopics.isEmpty() && floors.ripe(open, lanes);
        List<Head> heads = quotas.heads(lanes, floors, MOST_ROWS - inFlight.rows(), MOST_BYTES - inFlight.bytes());
        List<OutboxRecord> rows = open.heads(heads, inFlight.ids(lanes), heldTopics);
        floors.seen(rows);
        if (ripe) {
            floors.raise(lanes, rows, inFlight);
        }
        boolean more = quotas.learn(heads, rows);
        send(rows, lease);
        return more;
    }

    private void send(List<OutboxRecord> rows, Lease lease) {
        RelayProducer open = openProducer();
        for (OutboxRecord row : rows) {
            if (lease.isOver() || open.firstFailure() != null) {
                return;
            }
            String topic = row.message().topic();
            if (held.contains(topic)) {
                continue;
            }
            inFlight.add(row);
            Exception refused = open.send(row, completions);
            if (refused != null) {
                inFlight.remove(row);
                held.hold(topic, refused);
            }
        }
    }

    // What is in flight may still be acknowledged; what is not, by then, is sent again by the next owner.
    private void drain() throws InterruptedException {
        long deadline = System.nanoTime() + settings.lease().toNanos() / 3;
        settle();
        while (inFlight.rows() > 0
                && System.nanoTime() - deadline < 0
                && producer != null
                && producer.firstFailure() == null) {
            signal.await(Duration.ofMillis(50));
            settle();
        }
    }

    private OutboxReader openReader() {
        if (reader == null) {
            reader = readers.get();
            floors = new Floors();
        }
        return reader;
    }

    private void closeReader() {
        if (reader != null) {
            reader.close();
            reader = null;
        }
    }

    private RelayProducer openProducer() {
        if (producer == null) {
            producer = producers.apply(signal::wake);
        }
        return producer;
    }

    private void abandonProducer() {
        if (producer != null) {
            producer.abandon();
            producer = null;
        }
    }
}
