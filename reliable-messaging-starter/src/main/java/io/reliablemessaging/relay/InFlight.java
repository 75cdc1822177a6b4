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
import java.util.stream.Stream;

/**
 * The rows that are not to be read again: they were handed to the producer and are not deleted yet, or were left where they are
 * since released messages of their key come first. Of one thread.
 */
final class InFlight {

    private static final RowsById<Sent> NONE = new RowsById<>();
    private static final int MOST_LEFT = 10_000;

    private final Map<Integer, RowsById<Sent>> sent = new HashMap<>();
    private final TopicWindows topics = new TopicWindows();
    private final Map<Integer, RowsById<Sent>> left = new HashMap<>();
    private int leftRows;
    private long givenBack;

    private record Sent(String topic, int size, long at) {}

    /** What each topic has of it. */
    TopicWindows topics() {
        return topics;
    }

    void add(OutboxRecord row) {
        String topic = row.message().topic();
        int size = row.size();
        long now = System.nanoTime();
        if (sent.computeIfAbsent(row.lane(), lane -> new RowsById<>()).add(row.id(), new Sent(topic, size, now))) {
            topics.add(topic, size, now);
        }
    }

    /** It is deleted. */
    void remove(OutboxRecord row) {
        RowsById<Sent> lane = sent.get(row.lane());
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
        return sent.getOrDefault(row.lane(), NONE).contains(row.id())
                || left.getOrDefault(row.lane(), NONE).contains(row.id());
    }

    /** Leaves a row where it is, until {@link #forgetLeft}. If too many are left already, it waits as well, and is read again. */
    void leave(OutboxRecord row) {
        if (leftRows >= MOST_LEFT) {
            return;
        }
        boolean isNew = left.computeIfAbsent(row.lane(), lane -> new RowsById<>())
                .add(row.id(), new Sent(row.message().topic(), 0, System.nanoTime()));
        leftRows += isNew ? 1 : 0;
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
                .anyMatch(lane -> lane.getValue()
                        .ids(Long.MIN_VALUE, Long.MAX_VALUE, row -> row.at() - moment < 0)
                        .anyMatch(id ->
                                !answered.getOrDefault(lane.getKey(), Set.of()).contains(id)));
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
        return !sent.getOrDefault(lane, NONE).isEmpty();
    }

    /** Lowest id of a lane that is not to be read again, of other topics than these. */
    OptionalLong lowest(int lane, Set<String> leftOut) {
        return Stream.of(sent, left)
                .flatMapToLong(rows -> rows.getOrDefault(lane, NONE)
                        .ids(Long.MIN_VALUE, Long.MAX_VALUE, row -> !leftOut.contains(row.topic()))
                        .limit(1))
                .min();
    }

    /** Ids that are not to be read again and would be, of other topics than these. */
    Long[] ids(List<Head> heads, Set<String> leftOut) {
        return heads.stream()
                .flatMapToLong(head -> Stream.of(sent, left)
                        .flatMapToLong(rows -> rows.getOrDefault(head.lane(), NONE)
                                .ids(head.floor(), head.ceiling(), row -> !leftOut.contains(row.topic()))))
                .boxed()
                .toArray(Long[]::new);
    }
}
