package io.reliablemessaging.relay;

import io.reliablemessaging.outbox.IdSequence;
import io.reliablemessaging.outbox.OutboxReader;
import io.reliablemessaging.outbox.OutboxReader.Head;
import io.reliablemessaging.outbox.OutboxReader.Heads;
import io.reliablemessaging.outbox.OutboxRecord;
import io.reliablemessaging.outbox.ServerIdentity;
import io.reliablemessaging.text.ReadableLogger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.springframework.dao.QueryTimeoutException;

/**
 * What is next in our lanes: each lane's first rows, from its floor and without what is in flight. Opens its connection when
 * it needs one, and a new one after trouble; what it has learned of a server stays, until that is restarted.
 */
final class Intake {

    private static final Logger log = ReadableLogger.of(Intake.class);

    private static final Duration LEAST_LIMIT = Duration.ofSeconds(1);
    private final Supplier<OutboxReader> readers;
    private final Duration limit;
    private final Quotas quotas = new Quotas();
    private final DeepLanes deep;
    private Floors floors = new Floors();
    private IdSequence sequence = IdSequence.UNKNOWN;
    private @Nullable ServerIdentity learnedFrom;
    private @Nullable OutboxReader reader;

    /**
     * What was read.
     *
     * @param rows in lane and id order
     * @param more whether there is more to read at once
     */
    record Batch(List<OutboxRecord> rows, boolean more) {}

    /**
     * Makes it.
     *
     * @param limit in which time lanes are read together; if it takes longer, they are read apart
     */
    Intake(Supplier<OutboxReader> readers, Duration limit) {
        this.readers = readers;
        this.limit = limit;
        this.deep = new DeepLanes(limit);
    }

    /** In which time lanes are to be read together: in good time, but not so soon that each hiccup counts. */
    static Duration limitFor(Duration lease) {
        Duration half = lease.dividedBy(2);
        return half.compareTo(LEAST_LIMIT) < 0 ? LEAST_LIMIT : half;
    }

    /** The server that the next reading is of. */
    ServerIdentity server() {
        return open().server();
    }

    /**
     * Reads on.
     *
     * @param leftOut topics of which nothing is read
     */
    Batch next(Set<Integer> lanes, InFlight inFlight, Set<String> leftOut) {
        OutboxReader open = open();
        Batch batch = together(open, lanes, inFlight, leftOut);
        return deep.lanes().isEmpty() ? batch : withDeepLanes(open, batch, inFlight, leftOut);
    }

    private Batch together(OutboxReader open, Set<Integer> lanes, InFlight inFlight, Set<String> leftOut) {
        Set<Integer> flowing = new HashSet<>(lanes);
        flowing.removeAll(deep.lanes());
        if (flowing.isEmpty()) {
            return new Batch(List.of(), false);
        }
        boolean ripe = floors.ripe(open, flowing, leftOut);
        List<Head> heads = quotas.heads(
                flowing,
                floors,
                leftOut,
                inFlight.topics().rowsToRead(),
                inFlight.topics().bytesToRead());
        // one row at least, or lanes would wait for each other
        long room = Math.max(1, inFlight.topics().bytesToRead());
        try {
            Heads read = open.heads(heads, inFlight.ids(flowing, leftOut), leftOut, room, limit);
            List<OutboxRecord> rows = read.rows();
            boolean wentBack = forgetIfIdsWentBack(open);
            floors.seen(rows);
            inFlight.topics().read(rows);
            if (ripe && !wentBack) {
                // what is left of a lane that was cut is not known
                flowing.removeAll(read.cut());
                floors.raise(flowing, rows, inFlight, leftOut);
            }
            return new Batch(rows, quotas.learn(heads, rows) || !read.cut().isEmpty() || wentBack);
        } catch (QueryTimeoutException e) {
            if (open.isLocked()) {
                return new Batch(List.of(), true); // it is waited for, so that it is read as soon as it is free
            }
            log.warn(
                    "Reading the outbox takes longer than {} and is done lane by lane now, in pieces. There may be many dead rows"
                            + " that vacuum cannot remove: look for an old transaction (backend_xmin in pg_stat_activity)",
                    limit);
            deep.add(flowing);
            return new Batch(List.of(), true);
        }
    }

    private Batch withDeepLanes(OutboxReader open, Batch batch, InFlight inFlight, Set<String> leftOut) {
        long bytes = inFlight.freeBytes()
                - batch.rows().stream().mapToLong(row -> row.message().size()).sum();
        int room = inFlight.freeRows() - batch.rows().size();
        List<OutboxRecord> rows = new ArrayList<>(batch.rows());
        List<OutboxRecord> pieces = deep.read(open, floors, inFlight, leftOut, room, bytes);
        boolean wentBack = forgetIfIdsWentBack(open);
        floors.seen(pieces);
        rows.addAll(pieces);
        if (deep.lanes().isEmpty()) {
            log.info("All lanes of the outbox are read together again");
        }
        return new Batch(rows, batch.more() || deep.hasMoved() || wentBack);
    }

    private boolean forgetIfIdsWentBack(OutboxReader open) {
        IdSequence now = open.sequence();
        boolean back = !sequence.isContinuedBy(now);
        if (back) {
            log.warn(
                    "Ids of the outbox have gone back, from {} to {}: was the table restored, or its sequence set? All lanes are"
                            + " read from their beginning",
                    sequence.last(),
                    now.last());
            forget();
        }
        sequence = now;
        return back;
    }

    /** Rows have been deleted. */
    void gone(int rows) {
        floors.gone(rows);
    }

    /** Only these lanes are read from now on. */
    void retain(Set<Integer> lanes) {
        floors.retain(lanes);
        deep.retain(lanes);
    }

    /** Forgets how far lanes are empty: they were not ours all the time, or are not what they were. */
    void forget() {
        floors = new Floors();
        deep.clear();
    }

    private OutboxReader open() {
        OutboxReader open = reader;
        if (open == null) {
            open = readers.get();
            reader = open;
            ServerIdentity server = open.server();
            if (learnedFrom == null || !learnedFrom.isSameRunAs(server)) {
                forget();
                sequence = IdSequence.UNKNOWN;
            }
            learnedFrom = server;
        }
        return open;
    }

    void close() {
        if (reader != null) {
            reader.close();
            reader = null;
        }
    }
}
