package io.reliablemessaging.relay;

import java.util.Map;
import java.util.Set;

/**
 * The lanes that are ours, and until when.
 *
 * @param epochs owned lanes, each with the number of its change of owner
 * @param deadline {@link System#nanoTime} after which they may be another's
 */
record Lease(Map<Integer, Long> epochs, long deadline) {

    Set<Integer> lanes() {
        return epochs.keySet();
    }

    boolean isOver() {
        return System.nanoTime() - deadline >= 0;
    }

    /** Whether all lanes of an earlier lease are still ours, without interruption. */
    boolean continues(Lease earlier) {
        return epochs.entrySet().containsAll(earlier.epochs.entrySet());
    }
}
