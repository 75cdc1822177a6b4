package io.reliablemessaging.relay;

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
 * From where on each lane is to be read, so that reading its head walks neither over what is in flight, nor over all the dead
 * rows that an old snapshot keeps from being vacuumed, nor over the backlog of a topic of which nothing is read for now. In
 * memory only, and of one server that was not restarted: after a fail-over ids may be used again.
 *
 * <ol>
 *   <li>Having seen id X, note which transactions are writing to the outbox.
 *   <li>When all of those have ended, nothing at or below X can appear any more.
 *   <li>Read once more: what is left at or below X and cannot be sent now is the new mark, from where on to read.
 * </ol>
 *
 * <p>Rows in flight lie below the mark, and are read again if they are given up: that is from the floor, below which nothing is
 * left, not even in flight.
 *
 * <p>Both that were found while some topics were left out hold whenever at least those are left out.
 *
 * <p>Comparing transaction ids or snapshots instead would not do: an INSERT draws its row id before its transaction id.
 */
final class Floors {

    // looking costs a query; walking over fewer rows than this costs less
    private static final int WORTH_IT = 64;
    // how much a topic that is left out may grow in between is not known
    private static final long LOOK_NANOS = Duration.ofSeconds(1).toNanos();
    private static final int MOST_CHOICES = 8;

    private static final Set<String> NONE = Set.of();

    // by the topics that were left out; the oldest first
    private final Map<Set<String>, Choice> choices = new LinkedHashMap<>();
    private @Nullable Candidate candidate;
    private @Nullable Candidate decided;
    private long highestSeen;
    private int readSince;
    private long lastLook = System.nanoTime() - LOOK_NANOS;

    /**
     * A floor to be.
     *
     * @param id nothing at or below it will appear once the writers have ended
     * @param writers who may still commit such an id
     * @param lanes lanes that were read from then on
     */
    private record Candidate(long id, Set<String> writers, Set<Integer> lanes) {}

    /**
     * What is known while the same topics are left out.
     *
     * @param floors by lane: nothing is left at or below it
     * @param marks by lane: all that is left at or below it is in flight
     */
    private record Choice(Map<Integer, Long> floors, Map<Integer, Long> marks) {

        Choice() {
            this(new HashMap<>(), new HashMap<>());
        }

        long mark(int lane) {
            return Math.max(floors.getOrDefault(lane, 0L), marks.getOrDefault(lane, 0L));
        }
    }

    Floors() {
        choices.put(NONE, new Choice());
    }

    /**
     * Id after which a lane is to be read.
     *
     * @param leftOut topics of which nothing is read
     */
    long of(int lane, Set<String> leftOut) {
        long mark = 0;
        for (Map.Entry<Set<String>, Choice> choice : choices.entrySet()) {
            if (leftOut.containsAll(choice.getKey())) {
                mark = Math.max(mark, choice.getValue().mark(lane));
            }
        }
        return mark;
    }

    /** Has what was in flight read again: all lanes are read from their floors. */
    void forgetMarks() {
        choices.values().forEach(choice -> choice.marks().clear());
    }

    /** Forgets what is known of lanes that are no longer ours: another owner may put rows back. */
    void retain(Set<Integer> lanes) {
        for (Choice choice : choices.values()) {
            choice.floors().keySet().retainAll(lanes);
            choice.marks().keySet().retainAll(lanes);
        }
        if (candidate != null && !lanes.containsAll(candidate.lanes())) {
            candidate = null;
        }
    }

    /**
     * Looks whether the writers have ended, before the heads are read.
     *
     * @param leftOut topics of which nothing is read
     * @return whether the reading that follows decides the new floors
     */
    boolean ripe(OutboxReader reader, Set<Integer> lanes, Set<String> leftOut) {
        decided = null;
        if (!isWorthIt(leftOut)) {
            return false;
        }
        Writers writers = reader.writers();
        lastLook = System.nanoTime();
        readSince = 0;
        Candidate next = new Candidate(bound(writers), writers.transactions(), Set.copyOf(lanes));
        if (next.writers().isEmpty()) {
            decided = next;
            candidate = null;
        } else if (candidate == null || Collections.disjoint(candidate.writers(), next.writers())) {
            decided = candidate;
            candidate = next;
        }
        return decided != null;
    }

    private boolean isWorthIt(Set<String> leftOut) {
        boolean waits = candidate != null || !leftOut.isEmpty();
        return readSince >= WORTH_IT || (waits && System.nanoTime() - lastLook >= LOOK_NANOS);
    }

    /**
     * Highest id that was drawn when these writers were noted, as far as it can be known.
     *
     * <p>Not the highest id that was seen, where the sequence tells: if it was set back, a row of before may have a higher one.
     */
    long bound(Writers noted) {
        return noted.highestId() > 0 ? noted.highestId() : highestSeen;
    }

    void seen(List<OutboxRecord> rows) {
        readSince += rows.size();
        for (OutboxRecord row : rows) {
            highestSeen = Math.max(highestSeen, row.id());
        }
    }

    /**
     * Sets marks and floors after a ripe reading of these lanes that left nothing out but these topics and what is in flight.
     *
     * @param ends by lane, up to which id it was read
     * @param left what was read and is not in flight
     * @param leftOut topics of which nothing was read
     */
    void raise(Map<Integer, Long> ends, List<OutboxRecord> left, InFlight inFlight, Set<String> leftOut) {
        if (decided == null) {
            return;
        }
        Candidate known = decided;
        decided = null;
        Map<Integer, Long> lowest = lowest(left);
        Choice choice = choice(leftOut);
        ends.forEach((lane, end) -> {
            if (known.lanes().contains(lane)) {
                long mark = Math.min(Math.min(known.id(), end), lowest.getOrDefault(lane, Long.MAX_VALUE) - 1);
                choice.marks().merge(lane, mark, Math::max);
                raiseFloor(choice, lane, mark, inFlight, leftOut);
            }
        });
    }

    /**
     * Sets the floor of a lane that was read up to an id at least, below which nothing will appear.
     *
     * @param rows what was read
     * @param leftOut topics of which nothing was read
     */
    void raise(int lane, long id, List<OutboxRecord> rows, InFlight inFlight, Set<String> leftOut) {
        long left = lowest(rows).getOrDefault(lane, Long.MAX_VALUE);
        raiseFloor(choice(leftOut), lane, Math.min(id, left - 1), inFlight, leftOut);
    }

    private static void raiseFloor(Choice choice, int lane, long id, InFlight inFlight, Set<String> leftOut) {
        long underWay = inFlight.lowest(lane, leftOut).orElse(Long.MAX_VALUE);
        choice.floors().merge(lane, Math.min(id, underWay - 1), Math::max);
    }

    private static Map<Integer, Long> lowest(List<OutboxRecord> rows) {
        Map<Integer, Long> lowest = new HashMap<>();
        rows.forEach(row -> lowest.merge(row.lane(), row.id(), Math::min));
        return lowest;
    }

    private Choice choice(Set<String> leftOut) {
        Choice choice = choices.remove(leftOut);
        if (choice == null) {
            choice = new Choice();
        }
        choices.put(Set.copyOf(leftOut), choice); // the last one, now
        if (choices.size() > MOST_CHOICES) {
            Iterator<Set<String>> oldest = choices.keySet().iterator();
            if (oldest.next().isEmpty()) {
                oldest.next();
            }
            oldest.remove();
        }
        return choice;
    }
}
