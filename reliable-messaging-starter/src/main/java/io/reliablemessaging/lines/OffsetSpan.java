package io.reliablemessaging.lines;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * Finds the offset of one partition that may be committed: the first unfinished record's. Holds offsets, no records: a
 * finished record behind a slow one costs a few bytes. Not thread-safe.
 */
public final class OffsetSpan {

    private final Deque<Slot> slots = new ArrayDeque<>();
    private long position;
    private OptionalInt epoch = OptionalInt.empty();
    private long committed;

    /** The slot of a record whose offset is not ours to commit. */
    public static final Slot UNTRACKED = new Slot(-1, OptionalInt.empty());

    /** A record's slot in the span. */
    static final class Slot {

        private final long offset;
        private final OptionalInt epoch;
        private boolean finished;

        private Slot(long offset, OptionalInt epoch) {
            this.offset = offset;
            this.epoch = epoch;
        }
    }

    /**
     * An offset that may be committed.
     *
     * @param offset of the next record to read
     * @param epoch leader epoch of the record before it, if known
     */
    public record Committable(long offset, OptionalInt epoch) {}

    /**
     * Creates the span of a partition that is read from here on.
     *
     * @param position offset of the first record that will be read; no lower offset is ever committed
     */
    OffsetSpan(long position) {
        this.position = position;
        this.committed = position;
    }

    /** Adds the next record that was read. */
    Slot add(long offset, Optional<Integer> leaderEpoch) {
        OptionalInt recordEpoch = leaderEpoch.isPresent() ? OptionalInt.of(leaderEpoch.get()) : OptionalInt.empty();
        Slot slot = new Slot(offset, recordEpoch);
        slots.add(slot);
        return slot;
    }

    /** Notes that a record is finished, and drops all finished records at the beginning of the span. */
    void finish(Slot slot) {
        slot.finished = true;
        for (Slot first = slots.peekFirst(); first != null && first.finished; first = slots.peekFirst()) {
            slots.removeFirst();
            position = first.offset + 1;
            epoch = first.epoch;
        }
    }

    /** Returns the offset below which every record is finished. */
    long finishedBefore() {
        return position;
    }

    /** Returns the offset to commit; null if it has not moved since the last commit. */
    @Nullable
    Committable toCommit() {
        return position <= committed ? null : new Committable(position, epoch);
    }

    /** Notes that the broker has accepted a commit. */
    void noteCommitted(long offset) {
        committed = Math.max(committed, offset);
    }

    /** Returns how many records there are from the first unfinished one on, finished or not. */
    int size() {
        return slots.size();
    }
}
