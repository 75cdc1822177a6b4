package io.reliablemessaging.relay;

import io.reliablemessaging.outbox.OutboxReader;
import io.reliablemessaging.outbox.OutboxReader.Writers;
import io.reliablemessaging.outbox.OutboxRecord;
import java.time.Duration;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How far each lane is empty for good, so that reading its head does not walk over all the dead rows that an old snapshot
 * keeps from being vacuumed, nor over the backlog of a topic of which nothing is read for now. In memory only, and of one
 * server that was not restarted: after a fail-over ids may be used again.
 *
 * <ol>
 *   <li>Having seen id X, note which transactions are writing to the outbox.
 *   <li>When all of those have ended, nothing at or below X can appear any more.
 *   <li>Read once more from the old floor: what is left at or below X, or in flight, is the new floor.
 * </ol>
 *
 * <p>A floor that was found while some topics were left out holds whenever at least those are left out.
 *
 * <p>Comparing transaction ids or snapshots instead would not do: an INSERT draws its row id before its transaction id.
 */
final class Floors {

    // looking costs a query; walking over fewer dead rows than this costs less
    private static final int WORTH_IT = 2_000;
    // how much a topic that is left out may grow in between is not known
    private static final long LOOK_NANOS = Duration.ofSeconds(1).toNanos();
    private static final int MOST_CHOICES = 8;

    private static final Set<String> NONE = Set.of();

    // by the topics that were left out; the oldest first
    private final Map<Set<String>, Map<Integer, Long>> floors = new LinkedHashMap<>();
    private @Nullable Candidate candidate;
    private @Nullable Candidate decided;
    private long highestSeen;
    private int goneSince;
    private long lastLook = System.nanoTime() - LOOK_NANOS;

    /**
     * A floor to be.
     *
     * @param id nothing at or below it will appear once the writers have ended
     * @param writers who may still commit such an id
     * @param lanes lanes that were read from then on
     */
    private record Candidate(long id, Set<String> writers, Set<Integer> lanes) {}

    Floors() {
        floors.put(NONE, new HashMap<>());
    }

    /**
     * The floor of a lane.
     *
     * @param leftOut topics of which nothing is read
     */
    long of(int lane, Set<String> leftOut) {
        long floor = 0;
        for (Map.Entry<Set<String>, Map<Integer, Long>> choice : floors.entrySet()) {
            if (leftOut.containsAll(choice.getKey())) {
                floor = Math.max(floor, choice.getValue().getOrDefault(lane, 0L));
            }
        }
        return floor;
    }

    /** Rows have been deleted. */
    void gone(int rows) {
        goneSince += rows;
    }

    /** Forgets the floors of lanes that are no longer ours: another owner may put rows back. */
    void retain(Set<Integer> lanes) {
        floors.values().forEach(choice -> choice.keySet().retainAll(lanes));
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
        if (candidate == null && !isWorthIt(leftOut)) {
            return false;
        }
        boolean next = isWorthIt(leftOut);
        Writers writers = reader.writers();
        lastLook = System.nanoTime();
        if (candidate != null) {
            if (!Collections.disjoint(candidate.writers(), writers.transactions())) {
                return false;
            }
            decided = candidate;
        }
        candidate = next ? new Candidate(bound(writers), writers.transactions(), Set.copyOf(lanes)) : null;
        goneSince = 0;
        return decided != null;
    }

    private boolean isWorthIt(Set<String> leftOut) {
        return goneSince >= WORTH_IT || (!leftOut.isEmpty() && System.nanoTime() - lastLook >= LOOK_NANOS);
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
        for (OutboxRecord row : rows) {
            highestSeen = Math.max(highestSeen, row.id());
        }
    }

    /**
     * Sets the floors after a ripe reading of these lanes that left nothing out but these topics and what is in flight.
     *
     * @param leftOut topics of which nothing was read
     */
    void raise(Collection<Integer> lanes, List<OutboxRecord> rows, InFlight inFlight, Set<String> leftOut) {
        if (decided == null) {
            return;
        }
        Candidate known = decided;
        decided = null;
        List<Integer> read = lanes.stream().filter(known.lanes()::contains).toList();
        raise(read, known.id(), rows, inFlight, leftOut);
    }

    /**
     * Sets the floors of lanes that were read up to an id at least, below which nothing will appear.
     *
     * @param rows what was read
     * @param leftOut topics of which nothing was read
     */
    void raise(Collection<Integer> lanes, long id, List<OutboxRecord> rows, InFlight inFlight, Set<String> leftOut) {
        Map<Integer, Long> lowest = new HashMap<>();
        rows.forEach(row -> lowest.merge(row.lane(), row.id(), Math::min));
        Map<Integer, Long> choice = choice(leftOut);
        for (int lane : lanes) {
            long left = Math.min(
                    lowest.getOrDefault(lane, Long.MAX_VALUE),
                    inFlight.lowest(lane, leftOut).orElse(Long.MAX_VALUE));
            choice.merge(lane, Math.min(id, left - 1), Math::max);
        }
    }

    private Map<Integer, Long> choice(Set<String> leftOut) {
        Map<Integer, Long> choice = floors.remove(leftOut);
        if (choice == null) {
            choice = new HashMap<>();
        }
        floors.put(Set.copyOf(leftOut), choice); // the last one, now
        if (floors.size() > MOST_CHOICES) {
            Iterator<Set<String>> oldest = floors.keySet().iterator();
            if (oldest.next().isEmpty()) {
                oldest.next();
            }
            oldest.remove();
        }
        return choice;
    }
}
