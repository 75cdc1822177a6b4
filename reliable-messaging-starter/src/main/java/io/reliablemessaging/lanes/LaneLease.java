package io.reliablemessaging.lanes;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * Our lanes, and the time until which they are ours.
 *
 * @param epochs our lanes, each with the number of its last change of owner
 * @param share most lanes that this instance may keep beside the others
 * @param deadline {@link System#nanoTime} after which another instance may own them
 */
public record LaneLease(Map<Integer, Long> epochs, int share, long deadline) {

    public static LaneLease none() {
        return new LaneLease(Map.of(), 0, System.nanoTime());
    }

    public Set<Integer> lanes() {
        return epochs.keySet();
    }

    public boolean isOver() {
        return System.nanoTime() - deadline >= 0;
    }

    /** Returns how many lanes to hand over to others. */
    public int surplus() {
        return Math.max(0, epochs.size() - share);
    }

    /** Returns whether all lanes of an earlier lease are still ours, without interruption. */
    boolean continues(LaneLease earlier) {
        return epochs.entrySet().containsAll(earlier.epochs.entrySet());
    }

    LaneLease without(Set<Integer> lanes) {
        Map<Integer, Long> remaining = new HashMap<>(epochs);
        remaining.keySet().removeAll(lanes);
        return new LaneLease(Map.copyOf(remaining), share, deadline);
    }
}
