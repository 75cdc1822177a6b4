package io.reliablemessaging.intake;

import io.reliablemessaging.outbox.OutboxReader;
import io.reliablemessaging.outbox.OutboxReader.Head;
import io.reliablemessaging.outbox.OutboxReader.Heads;
import io.reliablemessaging.outbox.OutboxReader.Writers;
import io.reliablemessaging.outbox.OutboxRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.springframework.dao.QueryTimeoutException;

/**
 * Reads lanes that cannot be read with the others in time, because millions of dead rows, which an old snapshot keeps
 * from being vacuumed, lie before their first rows. It reads them separately, a range of ids at a time, up to an id
 * below which no row will appear any more. Their floors rise with each piece, so that nothing is read twice, by
 * whatever connection.
 *
 * <p>Pieces are read one after the other, in several snapshots. Below that id, all snapshots see the same rows.
 */
final class DeepLanes {

    private static final int QUOTA = 256;
    private static final int SMALLER = 8;
    private static final int LARGER = 2;
    private static final int PIECES = 20;
    private static final Duration LEAST_PIECE = Duration.ofMillis(10);
    private static final int LONGEST_FACTOR = 8;
    private static final int REST_FACTOR = 4;

    private final Duration limit;
    private final Duration pieceLimit;
    // in the order in which they are read
    private final Map<Integer, LaneState> lanes = new LinkedHashMap<>();
    private boolean progressed;

    /** The state of a lane. */
    private static final class LaneState {

        private boolean boundNoted;
        private long bound;
        private Set<String> writers = Set.of();
        private long span = Long.MAX_VALUE;
        private Duration wholeLimit;
        private long restsUntil;

        LaneState(Duration wholeLimit) {
            this.wholeLimit = wholeLimit;
            this.restsUntil = System.nanoTime()
                    + REST_FACTOR * wholeLimit.toNanos(); // most transactions that write now will have ended before
        }

        /** Updates the bound; returns whether no more rows will appear up to it. Reads the writers until that is so. */
        boolean updateBound(OutboxReader reader, LaneFloors floors) {
            if (boundNoted && writers.isEmpty()) {
                return true;
            }
            Writers now = reader.writers();
            if (!boundNoted) {
                boundNoted = true;
                bound = floors.highestDrawn(now);
                writers = now.transactions();
            } else if (Collections.disjoint(writers, now.transactions())) {
                writers = Set.of();
            }
            return writers.isEmpty();
        }
    }

    /**
     * Creates the reader.
     *
     * @param limit time limit for reading lanes together; a piece may take a twentieth of it
     */
    DeepLanes(Duration limit) {
        this.limit = limit;
        Duration part = limit.dividedBy(PIECES);
        this.pieceLimit = part.compareTo(LEAST_PIECE) < 0 ? LEAST_PIECE : part;
    }

    Set<Integer> lanes() {
        return Collections.unmodifiableSet(lanes.keySet());
    }

    void add(Collection<Integer> more) {
        more.forEach(lane -> lanes.putIfAbsent(lane, new LaneState(limit)));
    }

    void retain(Set<Integer> ours) {
        lanes.keySet().retainAll(ours);
    }

    void clear() {
        lanes.clear();
    }

    /** Returns whether the last reading has made progress. */
    boolean hasProgressed() {
        return progressed;
    }

    /**
     * Reads the next pieces, for a limited time.
     *
     * @param room most rows to read
     * @param bytes most bytes to read, about
     */
    List<OutboxRecord> read(
            OutboxReader reader, LaneFloors floors, RowsInFlight inFlight, Set<String> leftOut, int room, long bytes) {
        progressed = false;
        Reading reading = new Reading(reader, floors, inFlight, leftOut);
        List<OutboxRecord> rows = new ArrayList<>();
        long left = bytes;
        long end = System.nanoTime() + pieceLimit.toNanos();
        for (Map.Entry<Integer, LaneState> next : new ArrayList<>(lanes.entrySet())) {
            if (rows.size() >= room || left <= 0 || System.nanoTime() - end >= 0) {
                break;
            }
            int lane = next.getKey();
            LaneState state = next.getValue();
            lanes.remove(lane);
            lanes.put(lane, state); // moved to the end
            int quota = Math.min(QUOTA, room - rows.size());
            Part part = new Part(reading, lane, quota, left);
            List<OutboxRecord> some = state.updateBound(reader, floors) && floors.readAfter(lane, leftOut) < state.bound
                    ? readPiece(part, state)
                    : readWhole(part, state);
            for (OutboxRecord row : some) {
                left -= row.size();
            }
            rows.addAll(some);
        }
        return rows;
    }

    /** A reading, which reads several lanes. */
    private record Reading(OutboxReader reader, LaneFloors floors, RowsInFlight inFlight, Set<String> leftOut) {}

    /** The part of a reading that reads one lane. */
    private record Part(Reading of, int lane, int quota, long bytes) {

        long floor() {
            return of.floors().readAfter(lane, of.leftOut());
        }

        void raiseFloor(long floor, List<OutboxRecord> rows) {
            of.floors().raise(lane, floor, rows, of.inFlight(), of.leftOut());
        }

        Heads read(long ceiling, Duration within) {
            List<Head> head = List.of(new Head(lane, quota, floor(), ceiling));
            return of.reader().heads(head, of.inFlight().ids(head, of.leftOut()), of.leftOut(), bytes, within);
        }
    }

    private List<OutboxRecord> readPiece(Part part, LaneState lane) {
        long floor = part.floor();
        long span = Math.min(lane.span, lane.bound - floor);
        try {
            Heads read = part.read(floor + span, pieceLimit);
            if (!read.cut().contains(part.lane())) { // otherwise it is unknown which rows are left
                part.raiseFloor(floor + span, read.rows());
            }
            if (floor + span == lane.bound) {
                lanes.remove(part.lane()); // it can be read within the time of a piece
            } else {
                lane.span = span * LARGER;
            }
            progressed |= !read.rows().isEmpty() || part.floor() > floor;
            return read.rows();
        } catch (QueryTimeoutException e) {
            lane.span = Math.max(1, span / SMALLER);
            progressed = true; // the next piece is smaller
            return List.of();
        }
    }

    // A transaction that has not ended may still store a row with any id: only rows of one snapshot are in order. It
    // may take long, so it is done now and then, for the sake of the other lanes.
    private List<OutboxRecord> readWhole(Part part, LaneState lane) {
        long begin = System.nanoTime();
        if (begin - lane.restsUntil < 0) {
            return List.of();
        }
        try {
            List<OutboxRecord> rows = part.read(Long.MAX_VALUE, lane.wholeLimit).rows();
            if (System.nanoTime() - begin < pieceLimit.toNanos()) {
                lanes.remove(part.lane());
            }
            progressed |= !rows.isEmpty();
            return rows;
        } catch (QueryTimeoutException e) {
            Duration longer = lane.wholeLimit.multipliedBy(LARGER);
            Duration longest = limit.multipliedBy(LONGEST_FACTOR);
            lane.wholeLimit = longer.compareTo(longest) > 0 ? longest : longer;
            return List.of();
        } finally {
            long end = System.nanoTime();
            lane.restsUntil = end + REST_FACTOR * (end - begin);
        }
    }
}
