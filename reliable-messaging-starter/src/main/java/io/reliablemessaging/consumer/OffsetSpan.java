package io.reliablemessaging.consumer;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * Tells how far the offset of one partition may be committed: up to the first record that is not finished. It keeps offsets
 * only, no records: what is finished behind a slow record costs a few bytes. Not thread-safe.
 */
final class OffsetSpan {

    private final Deque<Slot> slots = new ArrayDeque<>();
    private long position;
    private OptionalInt epoch = OptionalInt.empty();
    private long committed;

    /** The place of a record whose offset is not committed by us. */
    static final Slot UNTRACKED = new Slot(-1, OptionalInt.empty());

    /** The place of one record in the span. */
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
     * @param epoch leader epoch of the record before it, if it is known
     */
    record Committable(long offset, OptionalInt epoch) {}

    /**
     * Creates the span of a partition that is read from here on.
     *
     * @param position offset of the first record that will be read; nothing below it is ever committed
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

    /** Notes that a record is finished, and forgets all that is finished without a gap. */
    void finish(Slot slot) {
        slot.finished = true;
        for (Slot first = slots.peekFirst(); first != null && first.finished; first = slots.peekFirst()) {
            slots.removeFirst();
            position = first.offset + 1;
            epoch = first.epoch;
        }
    }

    /** Offset below which every record is finished. */
    long finishedBefore() {
        return position;
    }

    /** What to commit, or null if nothing is finished since the last commit. */
    @Nullable
    Committable toCommit() {
        return position <= committed ? null : new Committable(position, epoch);
    }

    /** Notes that the broker has taken a commit. */
    void committed(long offset) {
        committed = Math.max(committed, offset);
    }

    /** How many records there are from the first unfinished one on, finished or not. */
    int size() {
        return slots.size();
    }
}
