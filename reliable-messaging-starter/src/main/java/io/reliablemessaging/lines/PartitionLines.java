package io.reliablemessaging.lines;

import io.reliablemessaging.lines.KeyLine.State;
import io.reliablemessaging.lines.OffsetSpan.Committable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/**
 * Owns the unfinished records of one partition: the lines that they wait in, one for each key, and the offset that may be
 * committed. It hands out work and takes answers; it calls no other class back. A line is handed out to one caller at a
 * time:
 *
 * <ol>
 *   <li>{@link #add} returns the lines that are to be run;
 *   <li>{@link #take} hands out the first records of such a line, which is then running;
 *   <li>{@link #finish} removes a record of the line, in order;
 *   <li>{@link #proceed} or {@link #suspend} ends the run: the line is to be run again, or waits, or is empty and removed.
 *       {@link #wake} makes a line that waits ready again, once for each wait;
 *   <li>{@link #abandon} lets the records go on without a run that does not end.
 * </ol>
 */
public final class PartitionLines {

    private final TopicPartition partition;
    private final Start start;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition idle = lock.newCondition();
    private final LinesByKey lines;
    private final OffsetSpan span;
    private final UnfinishedRecords unfinished;
    private int ready;
    private int running;
    private boolean closed;
    private volatile boolean mayBeReadAgain = true; // the former owner may have handled more than it has committed

    /**
     * The facts that are known of a partition before its first record is delivered.
     *
     * @param topicId id of the topic, which may have been deleted and created again under the same name
     * @param carefulBefore records below this offset are handled one at a time, because one of them may crash the process
     * @param forgottenBefore the group has taken charge of all records below this offset, and the inbox may have forgotten
     *     them
     * @param skipped offsets that a person has told the group to skip
     */
    public record Start(Uuid topicId, long carefulBefore, long forgottenBefore, Set<Long> skipped) {}

    /**
     * Creates the lines of a partition, without records.
     *
     * @param position offset of the first record that will be read
     * @param rule decides which line a record waits in
     */
    public PartitionLines(
            TopicPartition partition, long position, Start start, LineRule rule, MemoryBudget.Account memory) {
        this.partition = partition;
        this.start = start;
        this.lines = new LinesByKey(this, rule);
        this.unfinished = new UnfinishedRecords(memory);
        this.span = new OffsetSpan(position);
    }

    public TopicPartition partition() {
        return partition;
    }

    /** Returns what was known at the start. */
    public Start start() {
        return start;
    }

    /** Tells whether the inbox may know the records that are read now: the first ones, and those behind a duplicate. */
    public boolean mayBeReadAgain() {
        return mayBeReadAgain;
    }

    /** Notes that a record was a duplicate. For any thread. */
    public void noteDuplicate() {
        mayBeReadAgain = true;
    }

    /** Notes that none of the last records was a duplicate. */
    public void noteNew() {
        mayBeReadAgain = false;
    }

    /** Adds records without known duplicates. */
    public List<KeyLine> add(List<ConsumerRecord<byte[], byte[]>> records) {
        return add(records, Set.of());
    }

    /**
     * Adds records in the order in which they were read.
     *
     * @param duplicates offsets of those that are finished already
     * @return lines that are to be run now
     */
    public List<KeyLine> add(List<ConsumerRecord<byte[], byte[]>> records, Set<Long> duplicates) {
        return locked(() -> {
            if (closed) {
                return List.of();
            }
            List<KeyLine> toRun = new ArrayList<>();
            for (ConsumerRecord<byte[], byte[]> record : records) {
                OffsetSpan.Slot slot = span.add(record.offset(), record.leaderEpoch());
                if (start.skipped().contains(record.offset()) || duplicates.contains(record.offset())) {
                    span.finish(slot);
                    continue;
                }
                Object key = lines.key(record, record.offset() < start.carefulBefore());
                LineEntry entry = new LineEntry(record, slot, LinesByKey.isCareful(key));
                unfinished.add(entry);
                KeyLine keyLine = lines.find(key);
                if (keyLine == null) {
                    keyLine = lines.create(key);
                    ready++;
                    toRun.add(keyLine);
                }
                keyLine.entries().add(entry);
            }
            return toRun;
        });
    }

    /** Takes the first records of a ready line. Takes none if the line is not ready or the partition is closed. */
    public List<LineEntry> take(KeyLine keyLine, int most) {
        return locked(() -> {
            if (closed || keyLine.state() != State.READY || keyLine.entries().isEmpty()) {
                return List.of();
            }
            keyLine.become(State.RUNNING);
            ready--;
            running++;
            return keyLine.first(most);
        });
    }

    /** Tells whether a running line was abandoned, so that another line has its records. */
    public boolean isAbandoned(KeyLine keyLine) {
        return locked(() -> keyLine.state() == State.ABANDONED);
    }

    /**
     * Moves all records of a running line to a new line, because its run does not end. A later answer of that run changes
     * nothing.
     *
     * @return lines that are to be run now
     */
    public List<KeyLine> abandon(KeyLine keyLine) {
        return locked(() -> {
            if (keyLine.state() != State.RUNNING) {
                return List.of();
            }
            end(keyLine);
            keyLine.become(State.ABANDONED);
            if (closed || keyLine.entries().isEmpty()) {
                lines.remove(keyLine);
                return List.of();
            }
            KeyLine next = lines.create(keyLine.key());
            ready++;
            next.entries().addAll(keyLine.entries());
            keyLine.entries().clear();
            return List.of(next);
        });
    }

    /** Removes a finished record of a running line. It must be the first of its key. */
    public void finish(KeyLine keyLine, LineEntry entry) {
        run(() -> {
            if (keyLine.state() == State.ABANDONED) {
                return; // the new line finishes it
            }
            requireRunning(keyLine);
            if (!closed && !keyLine.remove(entry)) {
                throw new IllegalStateException("Offset " + entry.record().offset() + " of " + partition
                        + " is not the first of its key in its line");
            }
            span.finish(entry.slot());
            if (!closed) {
                unfinished.remove(entry);
            }
        });
    }

    /**
     * Ends a run whose records are finished.
     *
     * @return whether the line has more records, so that it is to be run again
     */
    public boolean proceed(KeyLine keyLine) {
        return locked(() -> {
            if (keyLine.state() == State.ABANDONED) {
                return false;
            }
            end(keyLine);
            if (closed || keyLine.entries().isEmpty()) {
                lines.remove(keyLine);
                return false;
            }
            makeReady(keyLine);
            return true;
        });
    }

    /**
     * Ends a run and lets the line wait until {@link #wake}.
     *
     * @return number of this wait, for {@link #wake}
     */
    public long suspend(KeyLine keyLine) {
        return locked(() -> {
            if (keyLine.state() == State.ABANDONED) {
                return keyLine.waits(); // no wait has this number
            }
            end(keyLine);
            keyLine.become(State.WAITING);
            return keyLine.waits();
        });
    }

    /**
     * Makes a line ready at the end of its wait.
     *
     * @return whether the line is to be run now; false if this wait has ended before, or the partition is closed
     */
    public boolean wake(KeyLine keyLine, long wait) {
        return locked(() -> {
            if (closed || keyLine.state() != State.WAITING || keyLine.waits() != wait) {
                return false;
            }
            makeReady(keyLine);
            return true;
        });
    }

    private void makeReady(KeyLine keyLine) {
        keyLine.become(State.READY);
        ready++;
    }

    private void end(KeyLine keyLine) {
        requireRunning(keyLine);
        running--;
        if (running == 0) {
            idle.signalAll();
        }
    }

    private static void requireRunning(KeyLine keyLine) {
        if (keyLine.state() != State.RUNNING) {
            throw new IllegalStateException(
                    "A line of " + keyLine.partition().partition() + " was answered while it was " + keyLine.state());
        }
    }

    /** Returns how many records are not finished. */
    public int unfinished() {
        return locked(unfinished::records);
    }

    /** Returns how much was read and is not finished. */
    public PartitionLoad load() {
        return locked(() -> new PartitionLoad(
                unfinished.records(), span.size(), unfinished.bytes(), ready == 0 && lines.mayBecomeMore()));
    }

    /** Returns the first message of the longest line; empty if nothing is unfinished. */
    public Optional<SlowMessage> inFrontOfMost() {
        return locked(lines::inFrontOfMost);
    }

    /** Returns the first unfinished message; empty if there is none. */
    public Optional<SlowMessage> first() {
        return locked(lines::first);
    }

    /** Returns how many offsets there are from the first unfinished record on. */
    public int uncommittedSpan() {
        return locked(span::size);
    }

    /** Returns the offset below which every record is finished. */
    public long finishedBefore() {
        return locked(span::finishedBefore);
    }

    /** Returns the offset to commit; null if it has not moved since the last commit. */
    @Nullable
    public Committable toCommit() {
        lock.lock();
        try {
            return span.toCommit();
        } finally {
            lock.unlock();
        }
    }

    public void noteCommitted(long offset) {
        run(() -> span.noteCommitted(offset));
    }

    /** Closes the partition: hands out nothing more, and drops the records that wait. The next owner reads them again. */
    public void close() {
        run(() -> {
            if (closed) {
                return;
            }
            closed = true;
            unfinished.clear();
            lines.clear();
        });
    }

    /**
     * Closes the partition as {@link #close} does, unless a line is running.
     *
     * @return whether it was closed
     */
    public boolean closeIfIdle() {
        return locked(() -> {
            if (running > 0) {
                return false;
            }
            close();
            return true;
        });
    }

    /**
     * Waits until no line is running.
     *
     * @return false if one still is
     * @throws InterruptedException if the waiting thread is interrupted
     */
    public boolean awaitIdle(Duration limit) throws InterruptedException {
        lock.lock();
        try {
            long left = limit.toNanos();
            while (running > 0 && left > 0) {
                left = idle.awaitNanos(left);
            }
            return running == 0;
        } finally {
            lock.unlock();
        }
    }

    private interface Reading<T> {
        T get();
    }

    private <T> T locked(Reading<T> reading) {
        lock.lock();
        try {
            return reading.get();
        } finally {
            lock.unlock();
        }
    }

    private void run(Runnable change) {
        lock.lock();
        try {
            change.run();
        } finally {
            lock.unlock();
        }
    }
}
