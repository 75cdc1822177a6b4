package io.reliablemessaging.relay;

import io.reliablemessaging.outbox.OutboxRecord;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** Rows that were refused together, so that nobody knows which of them is guilty: they are sent again one at a time. */
final class Suspects {

    private final Map<Integer, Set<Long>> ids = new HashMap<>();

    void add(OutboxRecord row) {
        ids.computeIfAbsent(row.lane(), lane -> new HashSet<>()).add(row.id());
    }

    void remove(OutboxRecord row) {
        ids.computeIfPresent(row.lane(), (lane, rows) -> rows.remove(row.id()) && rows.isEmpty() ? null : rows);
    }

    void clear() {
        ids.clear();
    }

    boolean isEmpty() {
        return ids.isEmpty();
    }

    /** Lanes of ours that hold suspects; those of others are forgotten. */
    Set<Integer> lanes(Set<Integer> ours) {
        ids.keySet().retainAll(ours);
        return ids.keySet();
    }
}
