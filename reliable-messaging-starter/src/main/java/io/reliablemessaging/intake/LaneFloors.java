package io.reliablemessaging.intake;

import io.reliablemessaging.outbox.OutboxReader;
import io.reliablemessaging.outbox.OutboxReader.Writers;
import io.reliablemessaging.outbox.OutboxRecord;
import java.time.Duration;
import java.util.Collections;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Remembers for each lane the id after which to read, so that reading its head skips rows in flight, dead rows that an
 * old snapshot keeps from being vacuumed, and the backlog of topics that are left out. In memory only, and valid for
 * one run of one server: after a fail-over ids may be used again.
 *
 * <ol>
 *   <li>Having seen id X, note which transactions are writing to the outbox.
 *   <li>When all of those have ended, no more rows can appear at or below X.
 *   <li>Read once more: the lowest row left at or below X that is not in flight sets the new mark, after which to read.
 * </ol>
 *
 * <p>Rows in flight lie below the mark. If they are given up, they are read again from the floor, below which nothing
 * is left, not even in flight.
 *
 * <p>Marks and floors found while some topics were left out are valid whenever at least these topics are left out.
 *
 * <p>A comparison of transaction ids or snapshots would be wrong: an INSERT draws its row id before its transaction id.
 */
public final class LaneFloors {

    // asking for the writers costs a query; reading over fewer rows than this costs less
    private static final int MANY_ROWS = 64;
    // how much a left-out topic grows in between is not known
    private static final long ASK_NANOS = Duration.ofSeconds(1).toNanos();
    private static final int MOST_LEVELS = 8;

    private static final Set<String> NONE = Set.of();

    // by the topics that were left out; the least recently used first
    private final Map<Set<String>, Levels> levels = new LinkedHashMap<>();
    private @Nullable Candidate candidate;
    private @Nullable Candidate decided;
    private long highestSeen;
    private int readSince;
    private long lastAsked = System.nanoTime() - ASK_NANOS;

    /**
     * A future floor.
     *
     * @param id no more rows will appear at or below it once the writers have ended
     * @param writers transactions that may still commit such an id
     * @param lanes lanes that have been read since
     */
    private record Candidate(long id, Set<String> writers, Set<Integer> lanes) {}

    /**
     * Floors and marks that are valid while certain topics are left out.
     *
     * @param floors by lane: nothing is left at or below it
     * @param marks by lane: all rows left at or below it are in flight
     */
    private record Levels(Map<Integer, Long> floors, Map<Integer, Long> marks) {

        Levels() {
            this(new HashMap<>(), new HashMap<>());
        }

        long mark(int lane) {
            return Math.max(floors.getOrDefault(lane, 0L), marks.getOrDefault(lane, 0L));
        }
    }

    LaneFloors() {
        levels.put(NONE, new Levels());
    }

    /**
     * Returns the id after which to read a lane.
     *
     * @param leftOut topics of which nothing is read
     */
    public long readAfter(int lane, Set<String> leftOut) {
        long mark = 0;
        for (Map.Entry<Set<String>, Levels> known : levels.entrySet()) {
            if (leftOut.containsAll(known.getKey())) {
                mark = Math.max(mark, known.getValue().mark(lane));
            }
        }
        return mark;
    }

    /** Forgets the marks, so that all lanes are read from their floors and rows that were in flight are read again. */
    void forgetMarks() {
        levels.values().forEach(known -> known.marks().clear());
    }

    /** Forgets the floors of lanes that are no longer ours: another owner may put rows back. */
    void retain(Set<Integer> lanes) {
        for (Levels known : levels.values()) {
            known.floors().keySet().retainAll(lanes);
            known.marks().keySet().retainAll(lanes);
        }
        if (candidate != null && !lanes.containsAll(candidate.lanes())) {
            candidate = null;
        }
    }

    /**
     * Asks for the current writers, if that is due, and decides whether the noted ones have ended. Called before the
     * heads are read.
     *
     * @param leftOut topics of which nothing is read
     * @return whether the reading that follows decides the new floors
     */
    boolean advanceCandidate(OutboxReader reader, Set<Integer> lanes, Set<String> leftOut) {
        decided = null;
        if (!isDue(leftOut)) {
            return false;
        }
        Writers writers = reader.writers();
        lastAsked = System.nanoTime();
        readSince = 0;
        Candidate next = new Candidate(highestDrawn(writers), writers.transactions(), Set.copyOf(lanes));
        if (next.writers().isEmpty()) {
            decided = next;
            candidate = null;
        } else if (candidate == null || Collections.disjoint(candidate.writers(), next.writers())) {
            decided = candidate;
            candidate = next;
        }
        return decided != null;
    }

    private boolean isDue(Set<String> leftOut) {
        boolean waits = candidate != null || !leftOut.isEmpty();
        return readSince >= MANY_ROWS || (waits && System.nanoTime() - lastAsked >= ASK_NANOS);
    }

    /**
     * Returns the highest id that was drawn before these writers were noted, as far as it can be known.
     *
     * <p>If the sequence can be read, this is not the highest id in a row: after the sequence was set back, an older
     * row may have a higher id.
     */
    long highestDrawn(Writers noted) {
        return noted.highestId() > 0 ? noted.highestId() : highestSeen;
    }

    void noteRead(List<OutboxRecord> rows) {
        readSince += rows.size();
        for (OutboxRecord row : rows) {
            highestSeen = Math.max(highestSeen, row.id());
        }
    }

    /**
     * Raises marks and floors after a deciding reading that left out only these topics and the rows in flight.
     *
     * @param ends for each lane, the id up to which it was read
     * @param left rows that were read and are not in flight
     * @param leftOut topics of which nothing was read
     */
    void raise(Map<Integer, Long> ends, List<OutboxRecord> left, RowsInFlight rowsInFlight, Set<String> leftOut) {
        if (decided == null) {
            return;
        }
        Candidate passed = decided;
        decided = null;
        Map<Integer, Long> lowest = lowestIds(left);
        Levels known = useLevels(leftOut);
        ends.forEach((lane, end) -> {
            if (passed.lanes().contains(lane)) {
                long mark = Math.min(Math.min(passed.id(), end), lowest.getOrDefault(lane, Long.MAX_VALUE) - 1);
                known.marks().merge(lane, mark, Math::max);
                raiseFloor(known, lane, mark, rowsInFlight, leftOut);
            }
        });
    }

    /**
     * Raises the floor of a lane that was read up to this id at least, below which no more rows will appear.
     *
     * @param rows the rows that were read
     * @param leftOut topics of which nothing was read
     */
    void raise(int lane, long id, List<OutboxRecord> rows, RowsInFlight rowsInFlight, Set<String> leftOut) {
        long left = lowestIds(rows).getOrDefault(lane, Long.MAX_VALUE);
        raiseFloor(useLevels(leftOut), lane, Math.min(id, left - 1), rowsInFlight, leftOut);
    }

    private static void raiseFloor(Levels known, int lane, long id, RowsInFlight rowsInFlight, Set<String> leftOut) {
        long underWay = rowsInFlight.lowestId(lane, leftOut).orElse(Long.MAX_VALUE);
        known.floors().merge(lane, Math.min(id, underWay - 1), Math::max);
    }

    private static Map<Integer, Long> lowestIds(List<OutboxRecord> rows) {
        Map<Integer, Long> lowest = new HashMap<>();
        rows.forEach(row -> lowest.merge(row.lane(), row.id(), Math::min));
        return lowest;
    }

    private Levels useLevels(Set<String> leftOut) {
        Levels known = levels.remove(leftOut);
        if (known == null) {
            known = new Levels();
        }
        levels.put(Set.copyOf(leftOut), known); // moved to the end
        if (levels.size() > MOST_LEVELS) {
            Iterator<Set<String>> oldest = levels.keySet().iterator();
            if (oldest.next().isEmpty()) {
                oldest.next();
            }
            oldest.remove();
        }
        return known;
    }
}
