package io.reliablemessaging.relay;

import io.reliablemessaging.MessagingObserver;
import io.reliablemessaging.outbox.OutboxReader;
import io.reliablemessaging.outbox.OutboxReader.Head;
import io.reliablemessaging.outbox.OutboxRecord;
import io.reliablemessaging.outbox.OutboxSignal;
import io.reliablemessaging.relay.RelayProducer.NotSent;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.kafka.common.KafkaException;
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
    private static final Duration LOOK_FOR_RELEASED = Duration.ofMillis(500);

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
    private final QuarantineTable quarantine;
    private final MessagingObserver observer;
    private final Blocked blocked;
    private final Suspects suspects = new Suspects();
    private final HeldTopics held = new HeldTopics();
    private final InFlight inFlight = new InFlight();
    private final Quotas quotas = new Quotas();

    private Floors floors = new Floors();
    private @Nullable OutboxReader reader;
    private @Nullable RelayProducer producer;
    private boolean troubled;
    private long nextLookForReleased = System.nanoTime();
    private volatile boolean running = true;

    RelayLoop(
            LaneKeeper keeper,
            Supplier<OutboxReader> readers,
            Function<Runnable, RelayProducer> producers,
            Completions completions,
            QuarantineTable quarantine,
            OutboxSignal signal,
            MessagingObserver observer,
            RelayProperties settings) {
        this.keeper = keeper;
        this.readers = readers;
        this.producers = producers;
        this.completions = completions;
        this.quarantine = quarantine;
        this.blocked = new Blocked(quarantine);
        this.signal = signal;
        this.observer = observer;
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
        boolean more = !lanes.isEmpty() && !lease.isOver() && work(lease, lanes);
        if (!more) {
            signal.await(settings.pollInterval());
        }
    }

    /** Returns whether there is more to do at once. */
    private boolean work(Lease lease, Set<Integer> lanes) throws InterruptedException {
        blocked.follow(lanes);
        List<OutboxRecord> released = released(lanes);
        if (!released.isEmpty() || !suspects.isEmpty()) {
            if (inFlight.rows() > 0) {
                return false; // one at a time: not before all that is under way is answered
            }
            return released.isEmpty() ? sendOneSuspect(lease, lanes) : sendReleased(released, lease);
        }
        boolean roomy = inFlight.rows() <= MOST_ROWS * 3 / 4 && inFlight.bytes() <= MOST_BYTES * 3 / 4;
        return roomy && readAndSend(lease, lanes);
    }

    // Fenced or failed, the answer is the same: nothing more leaves, and all that is not acknowledged is read again.
    private void startAnewIfFencedOrFailed() {
        boolean fenced = keeper.wasFenced();
        if (fenced) {
            blocked.forget();
        }
        if (fenced || (producer != null && producer.isClosed())) {
            judge(abandonProducer());
            inFlight.retain(completions.unsettled());
        }
    }

    // A batch fails with one exception for all its records, unless the broker names the guilty ones. So a single guilty
    // one
    // is known for sure only if no other is accused with it; several are sent again, each alone.
    private void judge(List<NotSent> failures) {
        List<NotSent> accused = failures.stream()
                .filter(each -> each.verdict() == Verdict.RECORD)
                .toList();
        if (accused.size() == 1) {
            quarantine(accused.get(0).row(), accused.get(0).cause());
        } else {
            accused.forEach(each -> suspects.add(each.row()));
        }
        for (NotSent failure : failures) {
            log.debug("Not sent: message {}", failure.row().message().id(), failure.cause());
            if (failure.verdict() == Verdict.TOPIC) {
                held.hold(failure.row().message().topic(), failure.cause());
            } else if (failure.verdict() == Verdict.PRODUCER) {
                throw new KafkaException("Kafka refuses this application as a producer", failure.cause());
            }
        }
    }

    private void quarantine(OutboxRecord culprit, Exception cause) {
        suspects.remove(culprit);
        if (!quarantine.move(culprit, cause)) {
            return; // another instance owns the lane by now and will find out for itself
        }
        blocked.add(culprit);
        log.error(
                "Message {} to topic {} is in quarantine, with the later ones of its key: the broker refuses it: {}: {}."
                        + " Mend the cause and release it, or skip it",
                culprit.message().id(),
                culprit.message().topic(),
                cause.getClass().getName(),
                cause.getMessage());
    }

    private void settle() {
        List<OutboxRecord> settled = completions.takeSettled();
        for (OutboxRecord row : settled) {
            inFlight.remove(row);
            held.taken(row.message().topic());
            suspects.remove(row);
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
        send(withoutBlocked(rows), lease);
        return more;
    }

    // A window of one: if this one is refused, it is refused for its own sake.
    private boolean sendOneSuspect(Lease lease, Set<Integer> lanes) {
        List<Head> heads = suspects.lanes(lanes).stream()
                .map(lane -> new Head(lane, 1, floors.of(lane)))
                .toList();
        List<OutboxRecord> rows = openReader().heads(heads, new Long[0], held.now());
        if (rows.isEmpty()) {
            suspects.clear(); // gone, or held with their topic
            return true;
        }
        send(withoutBlocked(rows.subList(0, 1)), lease);
        return inFlight.rows() == 0;
    }

    private List<OutboxRecord> released(Set<Integer> lanes) {
        if (System.nanoTime() - nextLookForReleased < 0) {
            return List.of();
        }
        List<OutboxRecord> released = quarantine.released(lanes).stream()
                .filter(row -> !held.contains(row.message().topic()))
                .toList();
        if (released.isEmpty()) {
            nextLookForReleased = System.nanoTime() + LOOK_FOR_RELEASED.toNanos();
        }
        return released;
    }

    // Their key stays blocked, and its newer messages queue up behind them, until none is left. Dies between the
    // broker's
    // answer and the delete: sent twice.
    private boolean sendReleased(List<OutboxRecord> released, Lease lease) throws InterruptedException {
        for (OutboxRecord row : released) {
            if (lease.isOver() || !sendAlone(row)) {
                break;
            }
            quarantine.delete(row);
        }
        blocked.forget(); // loads anew who is still waiting
        return true;
    }

    private boolean sendAlone(OutboxRecord row) throws InterruptedException {
        try {
            observer.sent(openProducer().sendAlone(row, settings.lease().dividedBy(3)));
            return true;
        } catch (TimeoutException e) {
            abandonProducer(); // it may have been written; it is sent again
        } catch (ExecutionException e) {
            Exception cause = e.getCause() instanceof Exception said ? said : e;
            if (Verdict.on(cause) == Verdict.RECORD) {
                quarantine.holdAgain(row, cause);
            } else {
                held.hold(row.message().topic(), cause);
            }
        }
        return false;
    }

    private List<OutboxRecord> withoutBlocked(List<OutboxRecord> rows) {
        List<OutboxRecord> followers = blocked.of(rows);
        if (followers.isEmpty()) {
            return rows;
        }
        quarantine.moveBehind(followers);
        return rows.stream().filter(row -> !blocked.contains(row)).toList();
    }

    private void send(List<OutboxRecord> rows, Lease lease) {
        RelayProducer open = openProducer();
        for (OutboxRecord row : rows) {
            if (lease.isOver() || open.isClosed()) {
                return;
            }
            String topic = row.message().topic();
            if (held.contains(topic) || blocked.contains(row)) {
                continue;
            }
            inFlight.add(row);
            Exception refused = open.send(row, completions);
            if (refused != null) {
                inFlight.remove(row);
                refused(row, refused);
            }
        }
    }

    private void refused(OutboxRecord row, Exception cause) {
        switch (Verdict.on(cause)) {
            case RECORD -> quarantine(row, cause);
            case TOPIC, TRANSIENT -> held.hold(row.message().topic(), cause);
            case PRODUCER -> throw new KafkaException("Kafka refuses this application as a producer", cause);
        }
    }

    // What is in flight may still be acknowledged; what is not, by then, is sent again by the next owner.
    private void drain() throws InterruptedException {
        long deadline = System.nanoTime() + settings.lease().toNanos() / 3;
        settle();
        while (inFlight.rows() > 0 && System.nanoTime() - deadline < 0 && producer != null && !producer.isClosed()) {
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

    private List<NotSent> abandonProducer() {
        List<NotSent> failures = producer == null ? List.of() : producer.abandon();
        producer = null;
        return failures;
    }
}
