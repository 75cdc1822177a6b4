package io.reliablemessaging.listener;

import io.reliablemessaging.listener.PartitionWork.Entry;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;

/** The unfinished records of one key, one after the other on any thread. Its contents are guarded by its partition's lock. */
final class KeyQueue implements Runnable, Outage.Work {

    // after so many the thread is given to another key
    private static final int TURN = 16;

    private final PartitionWork partition;
    private final Delivering delivering;
    private final Deque<Entry> entries = new ArrayDeque<>();

    /** What a queue works with. */
    interface Delivering {

        /** How many records may be delivered together. */
        int together();

        /** Runs the queue as soon as a thread is free. */
        void soon(KeyQueue queue);

        /** Runs the queue after a while. */
        void later(KeyQueue queue, Duration delay);

        /** Whether the queue must wait, and is run again when it need not. */
        boolean holds(KeyQueue queue);

        /**
         * Delivers records and says which are finished.
         *
         * @return when to go on with those that are not; empty if all are, or the queue is run again without our doing
         */
        Optional<Duration> deliver(KeyQueue queue, List<Entry> entries);
    }

    KeyQueue(PartitionWork partition, Delivering delivering) {
        this.partition = partition;
        this.delivering = delivering;
    }

    PartitionWork partition() {
        return partition;
    }

    /**
     * Adds a record.
     *
     * @return whether the queue was empty, so that somebody must run it
     */
    boolean add(Entry entry) {
        entries.add(entry);
        return entries.size() == 1;
    }

    List<Entry> first(int most) {
        if (most == 1 || entries.size() == 1) {
            return entries.isEmpty() ? List.of() : List.of(entries.getFirst());
        }
        List<Entry> first = new ArrayList<>();
        for (Iterator<Entry> each = entries.iterator(); each.hasNext() && first.size() < most; ) {
            first.add(each.next());
        }
        return first;
    }

    /**
     * Removes the first record.
     *
     * @return whether the queue is empty now
     */
    boolean remove(Entry entry) {
        if (entries.pollFirst() != entry) {
            throw new IllegalStateException(
                    "A record was finished out of its order: " + entry.record().offset());
        }
        return entries.isEmpty();
    }

    @Override
    public void resume() {
        delivering.soon(this);
    }

    @Override
    public void run() {
        for (int turn = 0; turn < TURN; turn++) {
            List<Entry> next = partition.next(this, delivering.together());
            if (next.isEmpty()) {
                return; // whoever adds the next record runs it again
            }
            try {
                if (delivering.holds(this)) {
                    return;
                }
                Optional<Duration> again = delivering.deliver(this, next);
                if (again.isPresent()) {
                    delivering.later(this, again.get());
                    return;
                }
            } finally {
                partition.pause();
            }
        }
        resume();
    }
}
