package io.reliablemessaging.consumer;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;

/**
 * The unfinished records of one key, or of several that share a transaction. It belongs to its {@link PartitionLines}, under
 * whose lock alone it is read and changed; to everybody else it is a name for what is to be run.
 */
final class Line {

    private final PartitionLines partition;
    private final Object key;
    private final Deque<LineEntry> entries = new ArrayDeque<>();
    private State state = State.READY;
    private long waits;
    private long firstSince = System.nanoTime();

    /** Who acts next. */
    enum State {
        /** Somebody has been told to run it. */
        READY,
        /** Somebody runs it. */
        RUNNING,
        /** A timer, or the end of an outage, makes it ready. */
        WAITING,
        /** Whoever runs it does not come back; another line has its records. */
        ABANDONED
    }

    Line(PartitionLines partition, Object key) {
        this.partition = partition;
        this.key = key;
    }

    PartitionLines partition() {
        return partition;
    }

    Object key() {
        return key;
    }

    Deque<LineEntry> entries() {
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

    /** Number of the latest wait: an earlier one has no say any more. */
    long waits() {
        return waits;
    }

    /** Since when its first record is the first, by {@link System#nanoTime}. */
    long firstSince() {
        return firstSince;
    }

    /**
     * Takes a record off.
     *
     * @return false if it is not there, or one of its key is before it
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
     * The first records that may be delivered. Of a key whose message is tried again it is that message only: those behind it
     * must not keep the other keys of the line waiting.
     */
    List<LineEntry> first(int most) {
        List<LineEntry> first = new ArrayList<>(Math.min(most, entries.size()));
        List<LineEntry> triedAgain = new ArrayList<>(0);
        for (Iterator<LineEntry> each = entries.iterator(); each.hasNext() && first.size() < most; ) {
            LineEntry entry = each.next();
            if (triedAgain.isEmpty() || triedAgain.stream().noneMatch(entry::hasKeyOf)) {
                first.add(entry);
                if (entry.isTriedAgain()) {
                    triedAgain.add(entry);
                }
            }
        }
        return first;
    }
}
