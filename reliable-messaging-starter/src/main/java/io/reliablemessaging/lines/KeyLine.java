package io.reliablemessaging.lines;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;

/**
 * The unfinished records of one key, or of several keys that share a transaction. Only its {@link PartitionLines} reads and
 * changes it, under their lock; for other classes it is a handle of what to run.
 */
public final class KeyLine {

    private final PartitionLines partition;
    private final Object key;
    private final Deque<LineEntry> entries = new ArrayDeque<>();
    private State state = State.READY;
    private long waits;
    private long firstSince = System.nanoTime();

    /** The state of a line. */
    enum State {
        /** The line was handed out, to be run. */
        READY,
        /** The line is being run. */
        RUNNING,
        /** The line waits for a timer or the end of an outage. */
        WAITING,
        /** The run does not return; another line has its records. */
        ABANDONED
    }

    KeyLine(PartitionLines partition, Object key) {
        this.partition = partition;
        this.key = key;
    }

    public PartitionLines partition() {
        return partition;
    }

    Object key() {
        return key;
    }

    public Deque<LineEntry> entries() {
        return entries;
    }

    State state() {
        return state;
    }

    void become(State next) {
        state = next;
        if (next == State.WAITING) {
            waits++;
        }
    }

    /** Returns the number of the latest wait. The end of an earlier wait changes nothing. */
    long waits() {
        return waits;
    }

    /** Returns since when the first record has been the first, by {@link System#nanoTime}. */
    long firstSince() {
        return firstSince;
    }

    /**
     * Removes a record.
     *
     * @return false if it is not in the line, or an earlier record has the same key
     */
    boolean remove(LineEntry finished) {
        if (entries.peekFirst() == finished) {
            entries.removeFirst();
            firstSince = System.nanoTime();
            return true;
        }
        for (Iterator<LineEntry> each = entries.iterator(); each.hasNext(); ) {
            LineEntry entry = each.next();
            if (entry == finished) {
                each.remove();
                return true;
            }
            if (entry.hasKeyOf(finished)) {
                return false;
            }
        }
        return false;
    }

    /**
     * Returns the first records that may be delivered. Of a key whose message is retried, it returns only that message: the
     * records behind it must not delay the other keys of the line.
     */
    List<LineEntry> first(int most) {
        List<LineEntry> first = new ArrayList<>(Math.min(most, entries.size()));
        List<LineEntry> retried = new ArrayList<>(0);
        for (Iterator<LineEntry> each = entries.iterator(); each.hasNext() && first.size() < most; ) {
            LineEntry entry = each.next();
            if (retried.isEmpty() || retried.stream().noneMatch(entry::hasKeyOf)) {
                first.add(entry);
                if (entry.isRetried()) {
                    retried.add(entry);
                }
            }
        }
        return first;
    }

    /** Names the line in log lines by its partition, never by its key. */
    @Override
    public String toString() {
        return "a key of partition " + partition.partition();
    }
}
