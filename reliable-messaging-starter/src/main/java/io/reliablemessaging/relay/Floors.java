package io.reliablemessaging.relay;

import io.reliablemessaging.outbox.OutboxReader;
import io.reliablemessaging.outbox.OutboxRecord;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How far each lane is empty for good, so that reading its head does not walk over all the dead rows that an old snapshot
 * keeps from being vacuumed. In memory only, and of one connection: after a fail-over ids may be used again.
 *
 * <ol>
 *   <li>Having seen id X, note which transactions are writing to the outbox.
 *   <li>When all of those have ended, nothing at or below X can appear any more.
 *   <li>Read once more from the old floor: what is left at or below X, or in flight, is the new floor.
 * </ol>
 *
 * <p>Comparing transaction ids or snapshots instead would not do: an INSERT draws its row id before its transaction id.
 */
final class Floors {

    // looking costs a query; walking over fewer dead rows than this costs less
    private static final int WORTH_IT = 2_000;

    private final Map<Integer, Long> floors = new HashMap<>();
    private @Nullable Candidate candidate;
    private @Nullable Candidate decided;
    private long highestSeen;
    private int goneSince;

    /**
     * A floor to be.
     *
     * @param id nothing at or below it will appear once the writers have ended
     * @param writers who may still commit such an id
     * @param lanes lanes that were read from then on
     */
    private record Candidate(long id, Set<String> writers, Set<Integer> lanes) {}

    long of(int lane) {
        return floors.getOrDefault(lane, 0L);
    }

    /** Rows have been deleted. */
    void gone(int rows) {
        goneSince += rows;
    }

    /** Forgets the floors of lanes that are no longer ours: another owner may put rows back. */
    void retain(Set<Integer> lanes) {
        floors.keySet().retainAll(lanes);
        if (candidate != null && !lanes.containsAll(candidate.lanes())) {
            candidate = null;
        }
    }

    /**
     * Looks whether the writers have ended, before the heads are read.
     *
     * @return whether the reading that follows decides the new floors
     */
    boolean ripe(OutboxReader reader, Set<Integer> lanes) {
        decided = null;
        if (candidate == null && goneSince < WORTH_IT) {
            return false;
        }
        Set<String> writers = reader.writers();
        if (candidate != null) {
            if (!Collections.disjoint(candidate.writers(), writers)) {
                return false;
            }
            decided = candidate;
        }
        candidate = goneSince < WORTH_IT ? null : new Candidate(highestSeen, writers, Set.copyOf(lanes));
        goneSince = 0;
        return decided != null;
    }

    void seen(List<OutboxRecord> rows) {
        for (OutboxRecord row : rows) {
            highestSeen = Math.max(highestSeen, row.id());
        }
    }

    /** Sets the floors after a ripe reading of these lanes that left nothing out but what is in flight. */
    void raise(Collection<Integer> lanes, List<OutboxRecord> read, InFlight inFlight) {
        if (decided == null) {
            return;
        }
        Map<Integer, Long> lowest = new HashMap<>();
        read.forEach(row -> lowest.merge(row.lane(), row.id(), Math::min));
        for (int lane : lanes) {
            if (decided.lanes().contains(lane)) {
                long left = Math.min(
                        lowest.getOrDefault(lane, Long.MAX_VALUE),
                        inFlight.lowest(lane).orElse(Long.MAX_VALUE));
                floors.merge(lane, Math.min(decided.id(), left - 1), Math::max);
            }
        }
        decided = null;
    }
}
