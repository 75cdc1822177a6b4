package io.reliablemessaging.operations;

import io.reliablemessaging.outbox.OutboxBacklog.Head;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Distinguishes a lane that does not move from a lane that is only long: its first message stays the same. Not thread-safe.
 */
final class StalledLanes {

    private final Duration patience;
    private final Map<Integer, Seen> seen = new HashMap<>();

    private record Seen(Head head, long nanos) {}

    StalledLanes(Duration patience) {
        this.patience = patience;
    }

    /** Forgets all heads, because no lane could move meanwhile. */
    void forget() {
        seen.clear();
    }

    /**
     * Notes the present heads of lanes.
     *
     * @param heads first messages of the lanes
     * @param ours lanes that this instance sends
     * @param held topics that the relay holds
     * @param nanos the present {@link System#nanoTime()}
     * @return the heads that have not moved for too long
     */
    List<Head> update(List<Head> heads, Set<Integer> ours, Set<String> held, long nanos) {
        Map<Integer, Head> now = new HashMap<>();
        heads.stream()
                .filter(head -> ours.contains(head.lane()) && !held.contains(head.topic()))
                .forEach(head -> now.put(head.lane(), head));
        seen.keySet().retainAll(now.keySet());
        now.forEach((lane, head) -> seen.merge(
                lane, new Seen(head, nanos), (before, fresh) -> before.head().id() == head.id() ? before : fresh));
        return seen.values().stream()
                .filter(each -> nanos - each.nanos() > patience.toNanos())
                .map(Seen::head)
                .toList();
    }
}
