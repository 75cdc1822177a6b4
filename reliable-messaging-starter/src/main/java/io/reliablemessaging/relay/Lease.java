package io.reliablemessaging.relay;

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
record Lease(Map<Integer, Long> epochs, int share, long deadline) {

    static Lease none() {
        return new Lease(Map.of(), 0, System.nanoTime());
    }

    Set<Integer> lanes() {
        return epochs.keySet();
    }

    boolean isOver() {
        return System.nanoTime() - deadline >= 0;
    }

    /** Returns how many lanes to hand over to others. */
    int surplus() {
        return Math.max(0, epochs.size() - share);
    }

    /** Returns whether all lanes of an earlier lease are still ours, without interruption. */
    boolean continues(Lease earlier) {
        return epochs.entrySet().containsAll(earlier.epochs.entrySet());
    }

    Lease without(Set<Integer> lanes) {
        Map<Integer, Long> remaining = new HashMap<>(epochs);
        remaining.keySet().removeAll(lanes);
        return new Lease(Map.copyOf(remaining), share, deadline);
    }
}
