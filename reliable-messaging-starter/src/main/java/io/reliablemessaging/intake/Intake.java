package io.reliablemessaging.intake;

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
 * Reads the next rows of our lanes: each lane's first rows, from its mark on and without rows in flight. Opens its
 * connection when it needs one, and a new one after a failure; what it has learned of a server stays valid until that
 * server is restarted.
 */
public final class Intake {

    private static final Logger log = ReadableLogger.of(Intake.class);

    private static final Duration LEAST_LIMIT = Duration.ofSeconds(1);
    private final Supplier<OutboxReader> readers;
    private final Duration limit;
    private final LaneQuotas laneQuotas = new LaneQuotas();
    private final DeepLanes deep;
    private LaneFloors laneFloors = new LaneFloors();
    private long givenBack;
    private @Nullable DecidingRead decidingRead;
    private IdSequence sequence = IdSequence.UNKNOWN;
    private @Nullable ServerIdentity learnedFrom;
    private @Nullable OutboxReader reader;

    /**
     * The rows of a reading.
     *
     * @param rows in lane and id order
     * @param more whether there is more to read at once
     */
    public record Batch(List<OutboxRecord> rows, boolean more) {}

    /**
     * A reading that decides new floors.
     *
     * @param ends for each lane, the id up to which it was read
     */
    private record DecidingRead(List<OutboxRecord> rows, Map<Integer, Long> ends, Set<String> leftOut) {}

    /**
     * Creates the intake.
     *
     * @param limit time limit for reading lanes together; if it takes longer, they are read separately
     */
    public Intake(Supplier<OutboxReader> readers, Duration limit) {
        this.readers = readers;
        this.limit = limit;
        this.deep = new DeepLanes(limit);
    }

    /**
     * Returns the time limit for reading lanes together: well within the lease, but not so short that each hiccup
     * exceeds it.
     */
    public static Duration limitFor(Duration lease) {
        Duration half = lease.dividedBy(2);
        return half.compareTo(LEAST_LIMIT) < 0 ? LEAST_LIMIT : half;
    }

    /** Returns the server that the next reading is from; connects if necessary. */
    public ServerIdentity askServer() {
        return open().server();
    }

    /**
     * Reads the next rows.
     *
     * @param leftOut topics of which nothing is read
     */
    public Batch readNext(Set<Integer> lanes, RowsInFlight rowsInFlight, Set<String> leftOut) {
        OutboxReader open = open();
        rereadGivenBack(rowsInFlight);
        Batch batch = readTogether(open, lanes, rowsInFlight, leftOut);
        return deep.lanes().isEmpty() ? batch : readDeepLanes(open, batch, rowsInFlight, leftOut);
    }

    private Batch readTogether(OutboxReader open, Set<Integer> lanes, RowsInFlight rowsInFlight, Set<String> leftOut) {
        Set<Integer> flowing = new HashSet<>(lanes);
        flowing.removeAll(deep.lanes());
        if (flowing.isEmpty()) {
            return new Batch(List.of(), false);
        }
        boolean decides = laneFloors.advanceCandidate(open, flowing, leftOut);
        List<Head> heads = laneQuotas.planHeads(
                flowing,
                laneFloors,
                leftOut,
                rowsInFlight.topics().rowsToRead(),
                rowsInFlight.topics().bytesToRead());
        // at least one row, or lanes would wait for each other
        long room = Math.max(1, rowsInFlight.topics().bytesToRead());
        try {
            Heads read = open.heads(heads, rowsInFlight.ids(heads, leftOut), leftOut, room, limit);
            List<OutboxRecord> rows = read.rows();
            boolean wentBack = forgetIfIdsWentBack(open);
            laneFloors.noteRead(rows);
            rowsInFlight.topics().noteRead(rows);
            Map<Integer, Given> given = givenByLane(rows);
            decidingRead =
                    decides && !wentBack ? new DecidingRead(rows, endsByLane(heads, given, read.cut()), leftOut) : null;
            boolean more = laneQuotas.learn(heads, given, rows);
            return new Batch(rows, more || !read.cut().isEmpty() || wentBack);
        } catch (QueryTimeoutException e) {
            if (open.isLocked()) {
                return new Batch(
                        List.of(),
                        true); // read again at once: the statement waits for the lock and continues when it is free
            }
            log.warn(
                    "Reading the outbox takes longer than {}; it is read lane by lane from now on. Probably vacuum cannot"
                            + " remove dead rows: find the old transaction (backend_xmin in pg_stat_activity) and end it",
                    limit);
            deep.add(flowing);
            return new Batch(List.of(), true);
        }
    }

    private Batch readDeepLanes(OutboxReader open, Batch batch, RowsInFlight rowsInFlight, Set<String> leftOut) {
        long bytes = rowsInFlight.freeBytes()
                - batch.rows().stream().mapToLong(OutboxRecord::size).sum();
        int room = rowsInFlight.freeRows() - batch.rows().size();
        List<OutboxRecord> rows = new ArrayList<>(batch.rows());
        List<OutboxRecord> pieces = deep.read(open, laneFloors, rowsInFlight, leftOut, room, bytes);
        boolean wentBack = forgetIfIdsWentBack(open);
        laneFloors.noteRead(pieces);
        rows.addAll(pieces);
        if (deep.lanes().isEmpty()) {
            log.info("All lanes of the outbox can be read together again within the time limit");
        }
        return new Batch(rows, batch.more() || deep.hasProgressed() || wentBack);
    }

    private boolean forgetIfIdsWentBack(OutboxReader open) {
        IdSequence now = open.sequence();
        boolean back = !sequence.isContinuedBy(now);
        if (back) {
            log.warn(
                    "Ids of the outbox have gone back, from {} to {}: the table was restored, or its sequence was set. All lanes"
                            + " are read from their beginning; nothing has to be done",
                    sequence.last(),
                    now.last());
            forget();
        }
        sequence = now;
        return back;
    }

    /**
     * The rows of a lane in one reading.
     *
     * @param rows how many rows
     * @param last id of the last one
     */
    record Given(int rows, long last) {

        static final Given NOTHING = new Given(0, Long.MIN_VALUE);
    }

    // the rows of a lane are adjacent
    static Map<Integer, Given> givenByLane(List<OutboxRecord> rows) {
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

    // up to its last row if a lane filled its quota; of a lane that was cut it is unknown which rows are left
    private static Map<Integer, Long> endsByLane(List<Head> heads, Map<Integer, Given> given, Set<Integer> cut) {
        Map<Integer, Long> ends = new HashMap<>();
        for (Head head : heads) {
            Given lane = given.getOrDefault(head.lane(), Given.NOTHING);
            boolean all = lane.rows() < head.quota();
            ends.put(head.lane(), all ? Long.MAX_VALUE : Math.max(lane.last(), head.floor()));
        }
        ends.keySet().removeAll(cut);
        return ends;
    }

    /** Notes that the rows of the last reading were sent, as far as possible, and raises the floors. */
    public void noteSent(RowsInFlight rowsInFlight) {
        DecidingRead reading = decidingRead;
        decidingRead = null;
        if (reading != null && rowsInFlight.givenBack() == givenBack) {
            List<OutboxRecord> left = reading.rows().stream()
                    .filter(row -> !rowsInFlight.contains(row))
                    .toList();
            laneFloors.raise(reading.ends(), left, rowsInFlight, reading.leftOut());
        }
    }

    private void rereadGivenBack(RowsInFlight rowsInFlight) {
        decidingRead = null;
        if (rowsInFlight.givenBack() != givenBack) {
            givenBack = rowsInFlight.givenBack();
            laneFloors.forgetMarks();
        }
    }

    /** Forgets other lanes than these. */
    public void retain(Set<Integer> lanes) {
        laneFloors.retain(lanes);
        deep.retain(lanes);
    }

    /** Forgets all floors: the lanes were not ours all the time, or were changed from outside. */
    public void forget() {
        laneFloors = new LaneFloors();
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

    public void close() {
        if (reader != null) {
            reader.close();
            reader = null;
        }
    }
}
