package io.reliablemessaging.relay;

import io.reliablemessaging.outbox.OutboxRecord;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;

/** The rows that were handed to the producer and are not deleted yet: they are not to be read again. Of one thread. */
final class InFlight {

    private static final int MOST_ROWS = 8_192;
    // half of the producer's default buffer.memory, so that send() does not block for want of it
    private static final long MOST_BYTES = 16L << 20;

    private final Map<Integer, TreeMap<Long, Sent>> sent = new HashMap<>();
    private int rows;
    private long bytes;

    private record Sent(int size, long at) {}

    void add(OutboxRecord row) {
        int size = row.message().size();
        sent.computeIfAbsent(row.lane(), lane -> new TreeMap<>()).put(row.id(), new Sent(size, System.nanoTime()));
        rows++;
        bytes += size;
    }

    void remove(OutboxRecord row) {
        TreeMap<Long, Sent> lane = sent.get(row.lane());
        Sent removed = lane == null ? null : lane.remove(row.id());
        if (removed != null) {
            rows--;
            bytes -= removed.size();
        }
    }

    /** Forgets all but these, which the broker has and which only wait for their deletion. */
    void retain(Collection<OutboxRecord> acknowledged) {
        sent.clear();
        rows = 0;
        bytes = 0;
        acknowledged.forEach(this::add);
    }

    /**
     * Whether one has been under way since before this moment of {@link System#nanoTime()}, other than those.
     *
     * @param others rows that were answered
     */
    boolean hasOlder(long moment, Collection<OutboxRecord> others) {
        Map<Integer, Set<Long>> answered = new HashMap<>();
        others.forEach(row ->
                answered.computeIfAbsent(row.lane(), lane -> new HashSet<>()).add(row.id()));
        return sent.entrySet().stream()
                .anyMatch(lane -> lane.getValue().entrySet().stream()
                        .filter(row -> row.getValue().at() - moment < 0)
                        .anyMatch(row ->
                                !answered.getOrDefault(lane.getKey(), Set.of()).contains(row.getKey())));
    }

    int rows() {
        return rows;
    }

    int freeRows() {
        return MOST_ROWS - rows;
    }

    long freeBytes() {
        return MOST_BYTES - bytes;
    }

    /** Whether enough has become free to be worth another reading. */
    boolean isRoomy() {
        return freeRows() >= MOST_ROWS / 4 && freeBytes() >= MOST_BYTES / 4;
    }

    boolean has(int lane) {
        TreeMap<Long, Sent> ids = sent.get(lane);
        return ids != null && !ids.isEmpty();
    }

    OptionalLong lowest(int lane) {
        TreeMap<Long, Sent> ids = sent.get(lane);
        return ids == null || ids.isEmpty() ? OptionalLong.empty() : OptionalLong.of(ids.firstKey());
    }

    /** Ids in flight of these lanes. */
    Long[] ids(Set<Integer> lanes) {
        return sent.entrySet().stream()
                .filter(lane -> lanes.contains(lane.getKey()))
                .flatMap(lane -> lane.getValue().keySet().stream())
                .toArray(Long[]::new);
    }
}
