package io.reliablemessaging.relay;

import io.reliablemessaging.outbox.OutboxReader.Head;
import io.reliablemessaging.outbox.OutboxRecord;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The rows that are not to be read again: they were handed to the producer and are not deleted yet, or were left where they are
 * since released messages of their key come first. Of one thread.
 */
final class InFlight {

    private static final TreeMap<Long, Sent> NONE = new TreeMap<>();
    private static final int MOST_LEFT = 10_000;

    private final Map<Integer, TreeMap<Long, Sent>> sent = new HashMap<>();
    private final TopicWindows topics = new TopicWindows();
    private final Map<Integer, TreeMap<Long, Sent>> left = new HashMap<>();
    private int leftRows;
    private long givenBack;

    private record Sent(String topic, int size, long at) {}

    /** What each topic has of it. */
    TopicWindows topics() {
        return topics;
    }

    void add(OutboxRecord row) {
        if (sent.getOrDefault(row.lane(), NONE).containsKey(row.id())) {
            return;
        }
        String topic = row.message().topic();
        int size = row.size();
        long now = System.nanoTime();
        sent.computeIfAbsent(row.lane(), lane -> new TreeMap<>()).put(row.id(), new Sent(topic, size, now));
        topics.add(topic, size, now);
    }

    /** It is deleted. */
    void remove(OutboxRecord row) {
        TreeMap<Long, Sent> lane = sent.get(row.lane());
        Sent removed = lane == null ? null : lane.remove(row.id());
        if (removed != null) {
            topics.remove(removed.topic(), removed.size(), System.nanoTime());
        }
    }

    /** It is no longer under way, and still there: it is read again. */
    void giveBack(OutboxRecord row) {
        remove(row);
        givenBack++;
    }

    /** How often rows were given back. What was read before the last time does not count as read. */
    long givenBack() {
        return givenBack;
    }

    /** Whether this row is not to be read again. */
    boolean has(OutboxRecord row) {
        return sent.getOrDefault(row.lane(), NONE).containsKey(row.id())
                || left.getOrDefault(row.lane(), NONE).containsKey(row.id());
    }

    /** Leaves a row where it is, until {@link #forgetLeft}. If too many are left already, it waits as well, and is read again. */
    void leave(OutboxRecord row) {
        if (leftRows >= MOST_LEFT) {
            return;
        }
        Sent before = left.computeIfAbsent(row.lane(), lane -> new TreeMap<>())
                .put(row.id(), new Sent(row.message().topic(), 0, System.nanoTime()));
        leftRows += before == null ? 1 : 0;
    }

    /** Has what was left read again. */
    void forgetLeft() {
        left.clear();
        leftRows = 0;
        givenBack++;
    }

    /** Forgets all but these, which the broker has and which only wait for their deletion. */
    void retain(Collection<OutboxRecord> acknowledged) {
        sent.clear();
        topics.clear();
        forgetLeft();
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
        return topics.rows();
    }

    int freeRows() {
        return topics.freeRows();
    }

    long freeBytes() {
        return topics.freeBytes();
    }

    boolean has(int lane) {
        TreeMap<Long, Sent> ids = sent.get(lane);
        return ids != null && !ids.isEmpty();
    }

    /** Lowest id of a lane that is not to be read again, of other topics than these. */
    OptionalLong lowest(int lane, Set<String> leftOut) {
        return Stream.of(sent, left)
                .flatMap(rows -> rows.getOrDefault(lane, new TreeMap<>()).entrySet().stream()
                        .filter(row -> !leftOut.contains(row.getValue().topic()))
                        .limit(1))
                .mapToLong(Map.Entry::getKey)
                .min();
    }

    /** Ids that are not to be read again and would be, of other topics than these. */
    Long[] ids(List<Head> heads, Set<String> leftOut) {
        return heads.stream()
                .flatMap(head -> Stream.of(sent, left)
                        .flatMap(rows -> rows
                                .getOrDefault(head.lane(), NONE)
                                .subMap(head.floor(), false, head.ceiling(), true)
                                .entrySet()
                                .stream()))
                .filter(row -> !leftOut.contains(row.getValue().topic()))
                .map(Map.Entry::getKey)
                .toArray(Long[]::new);
    }
}
