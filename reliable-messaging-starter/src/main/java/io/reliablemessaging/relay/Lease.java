package io.reliablemessaging.relay;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * The lanes that are ours, and until when.
 *
 * @param epochs owned lanes, each with the number of its change of owner
 * @param share most lanes that are ours to keep, now that others are alive
 * @param deadline {@link System#nanoTime} after which they may be another's
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

    /** How many lanes others should have. */
    int surplus() {
        return Math.max(0, epochs.size() - share);
    }

    /** Whether all lanes of an earlier lease are still ours, without interruption. */
    boolean continues(Lease earlier) {
        return epochs.entrySet().containsAll(earlier.epochs.entrySet());
    }

    Lease without(Set<Integer> lanes) {
        Map<Integer, Long> kept = new HashMap<>(epochs);
        kept.keySet().removeAll(lanes);
        return new Lease(Map.copyOf(kept), share, deadline);
    }
}
