package io.reliablemessaging.consumer;

import io.reliablemessaging.consumer.Line.State;
import io.reliablemessaging.consumer.OffsetSpan.Committable;
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
 * Owns the unfinished records of one partition: the lines that they wait in, one for each key, and how far the offset may be
 * committed. It hands out work and takes answers; it calls nobody. A line is handed out to one caller at a time:
 *
 * <ol>
 *   <li>{@link #add} says which lines are to be run;
 *   <li>{@link #take} hands out the first records of such a line, which then is running;
 *   <li>{@link #finished} forgets a record of it, in the order of the line;
 *   <li>{@link #proceed} or {@link #hold} ends the run: the line is to be run again, or waits, or is empty and gone. Whoever
 *       held it never continues that run; {@link #wake} makes it ready again, once for each wait.
 *   <li>{@link #abandon} goes on without a run that does not end.
 * </ol>
 */
final class PartitionLines {

    private final TopicPartition partition;
    private final Start start;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition idle = lock.newCondition();
    private final LinesByKey lines;
    private final OffsetSpan span;
    private final Unfinished unfinished;
    private int ready;
    private int running;
    private boolean closed;
    private volatile boolean readAgain = true; // its former owner may have handled more than it has committed

    /**
     * What must be known of a partition before its first record is delivered.
     *
     * @param topicId the topic, which may have been deleted and made again under the same name
     * @param carefulBefore records below this offset are handled one at a time, since one of them may end the process
     * @param forgottenBefore records below this offset were taken charge of, and the inbox may have forgotten them
     * @param skipped offsets that a person has told the group to leave out
     */
    record Start(Uuid topicId, long carefulBefore, long forgottenBefore, Set<Long> skipped) {}

    /**
     * Creates the lines of a partition, all of them empty.
     *
     * @param position offset of the first record that will be read
     * @param rule says which line a record waits in
     */
    PartitionLines(TopicPartition partition, long position, Start start, LineRule rule, MemoryBudget.Account memory) {
        this.partition = partition;
        this.start = start;
        this.lines = new LinesByKey(this, rule);
        this.unfinished = new Unfinished(memory);
        this.span = new OffsetSpan(position);
    }

    TopicPartition partition() {
        return partition;
    }

    /** What was known at the start. */
    Start start() {
        return start;
    }

    /** Whether the records that are read now may be known to the inbox: the first ones, and those behind a duplicate. */
    boolean isReadAgain() {
        return readAgain;
    }

    /** A record was a duplicate. For any thread. */
    void metDuplicate() {
        readAgain = true;
    }

    /** Of the records that were read last, none was a duplicate. */
    void metNew() {
        readAgain = false;
    }

    /** Adds records of which none is known to be a duplicate. */
    List<Line> add(List<ConsumerRecord<byte[], byte[]>> records) {
        return add(records, Set.of());
    }

    /**
     * Adds records in the order in which they were read.
     *
     * @param duplicates offsets of those that are finished already
     * @return lines that are to be run now
     */
    List<Line> add(List<ConsumerRecord<byte[], byte[]>> records, Set<Long> duplicates) {
        return locked(() -> {
            if (closed) {
                return List.of();
            }
            List<Line> toRun = new ArrayList<>();
            for (ConsumerRecord<byte[], byte[]> record : records) {
                OffsetSpan.Slot slot = span.add(record.offset(), record.leaderEpoch());
                if (start.skipped().contains(record.offset()) || duplicates.contains(record.offset())) {
                    span.finish(slot);
                    continue;
                }
                Object key = lines.key(record, record.offset() < start.carefulBefore());
                LineEntry entry = new LineEntry(record, slot, LinesByKey.isCareful(key));
                unfinished.add(entry);
                Line line = lines.find(key);
                if (line == null) {
                    line = lines.create(key);
                    ready++;
                    toRun.add(line);
                }
                line.entries().add(entry);
            }
            return toRun;
        });
    }

    /** Takes the first records of a line that is ready; none if it is not, or if the partition is no longer ours. */
    List<LineEntry> take(Line line, int most) {
        return locked(() -> {
            if (closed || line.state() != State.READY || line.entries().isEmpty()) {
                return List.of();
            }
            line.become(State.RUNNING);
            ready--;
            running++;
            return line.first(most);
        });
    }

    /** Whether others have the records of a line that was running. */
    boolean isAbandoned(Line line) {
        return locked(() -> line.state() == State.ABANDONED);
    }

    /**
     * Goes on without a run that does not end: its records wait in another line, the first one included. What the run answers
     * later changes nothing.
     *
     * @return lines that are to be run now
     */
    List<Line> abandon(Line line) {
        return locked(() -> {
            if (line.state() != State.RUNNING) {
                return List.of();
            }
            end(line);
            line.become(State.ABANDONED);
            if (closed || line.entries().isEmpty()) {
                lines.remove(line);
                return List.of();
            }
            Line next = lines.create(line.key());
            ready++;
            next.entries().addAll(line.entries());
            line.entries().clear();
            return List.of(next);
        });
    }

    /** Forgets a record of a running line: it is finished. It must be the first of its key. */
    void finished(Line line, LineEntry entry) {
        run(() -> {
            if (line.state() == State.ABANDONED) {
                return; // somebody else finishes it
            }
            requireRunning(line);
            if (!closed && !line.remove(entry)) {
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
     * @return whether the line has more records and is to be run again
     */
    boolean proceed(Line line) {
        return locked(() -> {
            if (line.state() == State.ABANDONED) {
                return false;
            }
            end(line);
            if (closed || line.entries().isEmpty()) {
                lines.remove(line);
                return false;
            }
            makeReady(line);
            return true;
        });
    }

    /**
     * Ends a run: the line waits until it is woken.
     *
     * @return number of this wait, for {@link #wake}
     */
    long hold(Line line) {
        return locked(() -> {
            if (line.state() == State.ABANDONED) {
                return line.waits(); // nobody waits with that number
            }
            end(line);
            line.become(State.WAITING);
            return line.waits();
        });
    }

    /**
     * Makes a line ready whose wait is over.
     *
     * @return whether it is to be run now; false if that wait was ended before, or the partition is no longer ours
     */
    boolean wake(Line line, long wait) {
        return locked(() -> {
            if (closed || line.state() != State.WAITING || line.waits() != wait) {
                return false;
            }
            makeReady(line);
            return true;
        });
    }

    private void makeReady(Line line) {
        line.become(State.READY);
        ready++;
    }

    private void end(Line line) {
        requireRunning(line);
        running--;
        if (running == 0) {
            idle.signalAll();
        }
    }

    private static void requireRunning(Line line) {
        if (line.state() != State.RUNNING) {
            throw new IllegalStateException("A line that is " + line.state() + " was answered for");
        }
    }

    /** How many records are not finished. */
    int unfinished() {
        return locked(unfinished::records);
    }

    /** How much was read and is not finished. */
    PartitionLoad load() {
        return locked(() -> new PartitionLoad(
                unfinished.records(), span.size(), unfinished.bytes(), ready == 0 && lines.mayBecomeMore()));
    }

    /** The message that most others of its line wait for; empty if nothing is unfinished. */
    Optional<SlowMessage> inFrontOfMost() {
        return locked(lines::inFrontOfMost);
    }

    /** The first unfinished message; empty if there is none. */
    Optional<SlowMessage> first() {
        return locked(lines::first);
    }

    /** How many offsets there are from the first unfinished record on. */
    int uncommittedSpan() {
        return locked(span::size);
    }

    /** Offset below which every record is finished. */
    long finishedBefore() {
        return locked(span::finishedBefore);
    }

    /** What to commit, or null if nothing is finished since the last commit. */
    @Nullable
    Committable toCommit() {
        lock.lock();
        try {
            return span.toCommit();
        } finally {
            lock.unlock();
        }
    }

    void committed(long offset) {
        run(() -> span.committed(offset));
    }

    /** Hands out nothing more and drops at once what waits: it is read again by the next owner. */
    void close() {
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
     * Waits until nothing runs.
     *
     * @return false if something still does
     * @throws InterruptedException if the waiting thread is interrupted
     */
    boolean awaitIdle(Duration limit) throws InterruptedException {
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

    private interface Answer<T> {
        T get();
    }

    private <T> T locked(Answer<T> answer) {
        lock.lock();
        try {
            return answer.get();
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
