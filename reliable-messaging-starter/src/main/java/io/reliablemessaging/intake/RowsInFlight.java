package io.reliablemessaging.intake;

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
 * Records the rows that must not be read again: rows that were handed to the producer and are not deleted yet, and rows
 * left in the outbox because released messages of their key are sent first. Used by one thread.
 */
public final class RowsInFlight {

    private static final RowsById<Sent> NONE = new RowsById<>();
    private static final int MOST_LEFT = 10_000;

    private final Map<Integer, RowsById<Sent>> sent = new HashMap<>();
    private final TopicWindows topics = new TopicWindows();
    private final Map<Integer, RowsById<Sent>> leftRows = new HashMap<>();
    private int leftCount;
    private long givenBack;

    private record Sent(String topic, int size, long at) {}

    /** Returns how much each topic has in flight. */
    public TopicWindows topics() {
        return topics;
    }

    public void add(OutboxRecord row) {
        String topic = row.message().topic();
        int size = row.size();
        long now = System.nanoTime();
        if (sent.computeIfAbsent(row.lane(), lane -> new RowsById<>()).add(row.id(), new Sent(topic, size, now))) {
            topics.add(topic, size, now);
        }
    }

    /** Removes a deleted row. */
    public void remove(OutboxRecord row) {
        RowsById<Sent> lane = sent.get(row.lane());
        Sent removed = lane == null ? null : lane.remove(row.id());
        if (removed != null) {
            topics.remove(removed.topic(), removed.size(), System.nanoTime());
        }
    }

    /** Removes a row that was not sent, so that it is read again. */
    public void giveBack(OutboxRecord row) {
        remove(row);
        givenBack++;
    }

    /** Returns how often rows were given back. A reading before the last time does not count. */
    long givenBack() {
        return givenBack;
    }

    /** Returns whether this row must not be read again. */
    boolean contains(OutboxRecord row) {
        return sent.getOrDefault(row.lane(), NONE).contains(row.id())
                || leftRows.getOrDefault(row.lane(), NONE).contains(row.id());
    }

    /**
     * Leaves a row in the outbox, unread until {@link #forgetLeft}. If too many rows are left already, it is read
     * again, and waits as well.
     */
    public void leave(OutboxRecord row) {
        if (leftCount >= MOST_LEFT) {
            return;
        }
        boolean isNew = leftRows.computeIfAbsent(row.lane(), lane -> new RowsById<>())
                .add(row.id(), new Sent(row.message().topic(), 0, System.nanoTime()));
        leftCount += isNew ? 1 : 0;
    }

    /** Forgets the rows that were left, so that they are read again. */
    public void forgetLeft() {
        leftRows.clear();
        leftCount = 0;
        givenBack++;
    }

    /** Forgets all rows except these, which the broker has acknowledged and which wait for their deletion. */
    public void retain(Collection<OutboxRecord> acknowledged) {
        sent.clear();
        topics.clear();
        forgetLeft();
        acknowledged.forEach(this::add);
    }

    /**
     * Returns whether a row, other than those given, has been in flight since before this {@link System#nanoTime()}.
     *
     * @param others rows that were answered
     */
    public boolean hasOlder(long moment, Collection<OutboxRecord> others) {
        Map<Integer, Set<Long>> answered = new HashMap<>();
        others.forEach(row ->
                answered.computeIfAbsent(row.lane(), lane -> new HashSet<>()).add(row.id()));
        return sent.entrySet().stream()
                .anyMatch(lane -> lane.getValue()
                        .ids(Long.MIN_VALUE, Long.MAX_VALUE, row -> row.at() - moment < 0)
                        .anyMatch(id ->
                                !answered.getOrDefault(lane.getKey(), Set.of()).contains(id)));
    }

    public int rows() {
        return topics.rows();
    }

    int freeRows() {
        return topics.freeRows();
    }

    long freeBytes() {
        return topics.freeBytes();
    }

    public boolean hasLane(int lane) {
        return !sent.getOrDefault(lane, NONE).isEmpty();
    }

    /** Returns the lowest id of a lane that must not be read again, of other topics than these. */
    OptionalLong lowestId(int lane, Set<String> leftOut) {
        return Stream.of(sent, leftRows)
                .flatMapToLong(rows -> rows.getOrDefault(lane, NONE)
                        .ids(Long.MIN_VALUE, Long.MAX_VALUE, row -> !leftOut.contains(row.topic()))
                        .limit(1))
                .min();
    }

    /** Returns the ids that a reading of these heads must leave out, of other topics than these. */
    Long[] ids(List<Head> heads, Set<String> leftOut) {
        return heads.stream()
                .flatMapToLong(head -> Stream.of(sent, leftRows)
                        .flatMapToLong(rows -> rows.getOrDefault(head.lane(), NONE)
                                .ids(head.floor(), head.ceiling(), row -> !leftOut.contains(row.topic()))))
                .boxed()
                .toArray(Long[]::new);
    }
}
