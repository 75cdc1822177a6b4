package io.reliablemessaging.relay;

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
 * Lanes that cannot be read at once in good time: before their first rows lie millions that are dead, and that an old snapshot
 * keeps from being vacuumed. They are read apart from the others, some ids at a time, up to an id below which nothing will
 * appear any more; their floors rise with each piece, so that nothing is read twice, by whatever connection.
 *
 * <p>Pieces are read one after the other, in several snapshots. Below that id, all see the same rows.
 */
final class DeepLanes {

    private static final int QUOTA = 256;
    private static final int SMALLER = 8;
    private static final int LARGER = 2;
    private static final int PIECES = 20;
    private static final Duration LEAST_PIECE = Duration.ofMillis(10);
    private static final int LONGEST = 8;
    private static final int REST = 4;

    private final Duration limit;
    private final Duration piece;
    // the first is the next
    private final Map<Integer, Depth> lanes = new LinkedHashMap<>();
    private boolean moved;

    /** What is known of a lane. */
    private static final class Depth {

        private boolean noted;
        private long bound;
        private Set<String> writers = Set.of();
        private long span = Long.MAX_VALUE;
        private Duration whole;
        private long restsUntil;

        Depth(Duration whole) {
            this.whole = whole;
            this.restsUntil =
                    System.nanoTime() + REST * whole.toNanos(); // those who write now will have ended long before
        }

        /** Whether nothing more will appear up to the bound; asks who writes until that is so. */
        boolean settle(OutboxReader reader, Floors floors) {
            if (noted && writers.isEmpty()) {
                return true;
            }
            Writers now = reader.writers();
            if (!noted) {
                noted = true;
                bound = floors.bound(now);
                writers = now.transactions();
            } else if (Collections.disjoint(writers, now.transactions())) {
                writers = Set.of();
            }
            return writers.isEmpty();
        }
    }

    /**
     * Makes it.
     *
     * @param limit in which time lanes are read together; a piece may take a twentieth of it
     */
    DeepLanes(Duration limit) {
        this.limit = limit;
        Duration part = limit.dividedBy(PIECES);
        this.piece = part.compareTo(LEAST_PIECE) < 0 ? LEAST_PIECE : part;
    }

    Set<Integer> lanes() {
        return Collections.unmodifiableSet(lanes.keySet());
    }

    void add(Collection<Integer> more) {
        more.forEach(lane -> lanes.putIfAbsent(lane, new Depth(limit)));
    }

    void retain(Set<Integer> ours) {
        lanes.keySet().retainAll(ours);
    }

    void clear() {
        lanes.clear();
    }

    /** Whether the last reading has got any further. */
    boolean hasMoved() {
        return moved;
    }

    /**
     * Reads on, for a moment.
     *
     * @param room most rows to read
     * @param bytes most bytes to read, about
     */
    List<OutboxRecord> read(
            OutboxReader reader, Floors floors, InFlight inFlight, Set<String> leftOut, int room, long bytes) {
        moved = false;
        List<OutboxRecord> rows = new ArrayList<>();
        long left = bytes;
        long end = System.nanoTime() + piece.toNanos();
        for (Map.Entry<Integer, Depth> next : new ArrayList<>(lanes.entrySet())) {
            if (rows.size() >= room || left <= 0 || System.nanoTime() - end >= 0) {
                break;
            }
            int lane = next.getKey();
            Depth depth = next.getValue();
            lanes.remove(lane);
            lanes.put(lane, depth); // the last one, now
            int quota = Math.min(QUOTA, room - rows.size());
            Part part = new Part(reader, floors, inFlight, leftOut, lane, quota, left);
            List<OutboxRecord> some = depth.settle(reader, floors) && floors.of(lane, leftOut) < depth.bound
                    ? piece(part, depth)
                    : whole(part, depth);
            for (OutboxRecord row : some) {
                left -= row.size();
            }
            rows.addAll(some);
        }
        return rows;
    }

    /** What a reading of one lane needs. */
    private record Part(
            OutboxReader reader,
            Floors floors,
            InFlight inFlight,
            Set<String> leftOut,
            int lane,
            int quota,
            long bytes) {

        long floor() {
            return floors.of(lane, leftOut);
        }

        Heads read(long ceiling, Duration within) {
            List<Head> head = List.of(new Head(lane, quota, floor(), ceiling));
            return reader.heads(head, inFlight.ids(head, leftOut), leftOut, bytes, within);
        }
    }

    private List<OutboxRecord> piece(Part part, Depth depth) {
        long floor = part.floor();
        long span = Math.min(depth.span, depth.bound - floor);
        try {
            Heads read = part.read(floor + span, piece);
            if (!read.cut().contains(part.lane())) { // what is left of it is not known then
                part.floors().raise(part.lane(), floor + span, read.rows(), part.inFlight(), part.leftOut());
            }
            if (floor + span == depth.bound) {
                lanes.remove(part.lane()); // it takes no longer than a piece
            } else {
                depth.span = span * LARGER;
            }
            moved |= !read.rows().isEmpty() || part.floor() > floor;
            return read.rows();
        } catch (QueryTimeoutException e) {
            depth.span = Math.max(1, span / SMALLER);
            moved = true; // to smaller pieces
            return List.of();
        }
    }

    // Somebody who has not ended may still store a row anywhere: only what is read at once is in order. It may take
    // long, so now and then, for the sake of the other lanes.
    private List<OutboxRecord> whole(Part part, Depth depth) {
        long begin = System.nanoTime();
        if (begin - depth.restsUntil < 0) {
            return List.of();
        }
        try {
            List<OutboxRecord> rows = part.read(Long.MAX_VALUE, depth.whole).rows();
            if (System.nanoTime() - begin < piece.toNanos()) {
                lanes.remove(part.lane());
            }
            moved |= !rows.isEmpty();
            return rows;
        } catch (QueryTimeoutException e) {
            Duration longer = depth.whole.multipliedBy(LARGER);
            Duration longest = limit.multipliedBy(LONGEST);
            depth.whole = longer.compareTo(longest) > 0 ? longest : longer;
            return List.of();
        } finally {
            long end = System.nanoTime();
            depth.restsUntil = end + REST * (end - begin);
        }
    }
}
