package io.reliablemessaging.operations;

import io.reliablemessaging.outbox.OutboxBacklog.Head;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Tells a lane that does not move from one that is merely long: its first message stays the same. Of one thread.
 */
final class StalledLanes {

    private final Duration patience;
    private final Map<Integer, Seen> seen = new HashMap<>();

    private record Seen(Head head, long nanos) {}

    StalledLanes(Duration patience) {
        this.patience = patience;
    }

    /** What was seen says nothing any more: nobody can have moved anything meanwhile. */
    void forget() {
        seen.clear();
    }

    /**
     * Takes note of the heads.
     *
     * @param heads first messages of lanes
     * @param ours lanes that this instance sends
     * @param held topics that are known to take nothing
     * @param nanos now
     * @return those that have not moved for too long
     */
    List<Head> look(List<Head> heads, Set<Integer> ours, Set<String> held, long nanos) {
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
