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
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.springframework.dao.QueryTimeoutException;

/**
 * What is next in our lanes: each lane's first rows, from its mark on and without what is in flight. Opens its connection when
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
    private long givenBack;
    private @Nullable Reading deciding;
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
     * A reading that decides from where on to read.
     *
     * @param ends by lane, up to which id it was read
     */
    private record Reading(List<OutboxRecord> rows, Map<Integer, Long> ends, Set<String> leftOut) {}

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
        readAgainWhatWasGivenBack(inFlight);
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
            Heads read = open.heads(heads, inFlight.ids(heads, leftOut), leftOut, room, limit);
            List<OutboxRecord> rows = read.rows();
            boolean wentBack = forgetIfIdsWentBack(open);
            floors.seen(rows);
            inFlight.topics().read(rows);
            Map<Integer, Given> given = given(rows);
            deciding = ripe && !wentBack ? new Reading(rows, ends(heads, given, read.cut()), leftOut) : null;
            boolean more = quotas.learn(heads, given, rows);
            return new Batch(rows, more || !read.cut().isEmpty() || wentBack);
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
                - batch.rows().stream().mapToLong(OutboxRecord::size).sum();
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

    /**
     * What a lane gave in one reading.
     *
     * @param rows how many rows
     * @param last id of the last one
     */
    record Given(int rows, long last) {

        static final Given NOTHING = new Given(0, Long.MIN_VALUE);
    }

    // rows of a lane follow each other
    static Map<Integer, Given> given(List<OutboxRecord> rows) {
        Map<Integer, Given> given = new HashMap<>();
        int first = 0;
        for (int i = 1; i <= rows.size(); i++) {
            int lane = rows.get(first).lane();
            if (i == rows.size() || rows.get(i).lane() != lane) {
                given.put(lane, new Given(i - first, rows.get(i - 1).id()));
                first = i;
            }
        }
        return given;
    }

    // up to its last row, if a lane gave all it was asked for; what is left of a lane that was cut is not known
    private static Map<Integer, Long> ends(List<Head> heads, Map<Integer, Given> given, Set<Integer> cut) {
        Map<Integer, Long> ends = new HashMap<>();
        for (Head head : heads) {
            Given of = given.getOrDefault(head.lane(), Given.NOTHING);
            boolean all = of.rows() < head.quota();
            ends.put(head.lane(), all ? Long.MAX_VALUE : Math.max(of.last(), head.floor()));
        }
        ends.keySet().removeAll(cut);
        return ends;
    }

    /** What was read last has been sent, as far as it could be. */
    void sent(InFlight inFlight) {
        Reading reading = deciding;
        deciding = null;
        if (reading != null && inFlight.givenBack() == givenBack) {
            List<OutboxRecord> left =
                    reading.rows().stream().filter(row -> !inFlight.has(row)).toList();
            floors.raise(reading.ends(), left, inFlight, reading.leftOut());
        }
    }

    private void readAgainWhatWasGivenBack(InFlight inFlight) {
        deciding = null;
        if (inFlight.givenBack() != givenBack) {
            givenBack = inFlight.givenBack();
            floors.forgetMarks();
        }
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
