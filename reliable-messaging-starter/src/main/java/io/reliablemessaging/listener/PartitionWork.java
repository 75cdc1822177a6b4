package io.reliablemessaging.listener;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;

/**
 * The records of one partition that have been read and are not finished: what each key waits for, and how far the offset
 * may be committed, which is up to the first unfinished record.
 */
final class PartitionWork {

    private static final Object CAREFUL = new Object();

    private final TopicPartition partition;
    private final Function<ConsumerRecord<byte[], byte[]>, Object> keys;
    private final Function<PartitionWork, KeyQueue> newQueue;
    private final long carefulBefore;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition idle = lock.newCondition();
    private final Deque<Entry> unfinished = new ArrayDeque<>();
    private final Map<Object, KeyQueue> queues = new HashMap<>();
    private long position = -1;
    private long committed = -1;
    private int waiting;
    private int running;
    private boolean closed;

    /** One record, and whether it is finished. */
    static final class Entry {
        private final ConsumerRecord<byte[], byte[]> record;
        private final Object key;
        private boolean finished;

        private Entry(ConsumerRecord<byte[], byte[]> record, Object key) {
            this.record = record;
            this.key = key;
        }

        ConsumerRecord<byte[], byte[]> record() {
            return record;
        }

        /** Whether this record may be one that ends the process. */
        boolean isSuspect() {
            return key == CAREFUL;
        }
    }

    /**
     * Makes it.
     *
     * @param keys what a record waits in line with
     * @param carefulBefore records before this offset are handled one at a time, as one of them may end the process
     */
    PartitionWork(
            TopicPartition partition,
            Function<ConsumerRecord<byte[], byte[]>, Object> keys,
            Function<PartitionWork, KeyQueue> newQueue,
            long carefulBefore) {
        this.partition = partition;
        this.keys = keys;
        this.newQueue = newQueue;
        this.carefulBefore = carefulBefore;
    }

    TopicPartition partition() {
        return partition;
    }

    /** Adds what was read, in its order. */
    void add(List<ConsumerRecord<byte[], byte[]>> records) {
        lock.lock();
        try {
            for (ConsumerRecord<byte[], byte[]> record : records) {
                Entry entry = new Entry(record, line(record));
                unfinished.add(entry);
                waiting++;
                position = record.offset() + 1;
                KeyQueue queue = queues.computeIfAbsent(entry.key, key -> newQueue.apply(this));
                if (queue.add(entry)) {
                    queue.resume();
                }
            }
        } finally {
            lock.unlock();
        }
    }

    // once careful, all stay in one line until it is empty: another line would let records of a key pass each other
    private Object line(ConsumerRecord<byte[], byte[]> record) {
        return record.offset() < carefulBefore || queues.containsKey(CAREFUL) ? CAREFUL : keys.apply(record);
    }

    /** How many records are not finished. */
    int size() {
        lock.lock();
        try {
            return waiting;
        } finally {
            lock.unlock();
        }
    }

    /** The next records of a queue, which count as running until {@link #pause}; none if there are none, or no longer ours. */
    List<Entry> next(KeyQueue queue, int most) {
        lock.lock();
        try {
            if (closed) {
                return List.of();
            }
            List<Entry> next = queue.first(most);
            if (!next.isEmpty()) {
                running++;
            }
            return next;
        } finally {
            lock.unlock();
        }
    }

    /** A running record is finished. */
    void finished(KeyQueue queue, Entry entry) {
        lock.lock();
        try {
            entry.finished = true;
            waiting--;
            if (queue.remove(entry)) {
                queues.remove(entry.key, queue);
            }
            while (!unfinished.isEmpty() && unfinished.peekFirst().finished) {
                unfinished.removeFirst();
            }
        } finally {
            lock.unlock();
        }
    }

    /** What was running is finished, or stopped for the moment. */
    void pause() {
        lock.lock();
        try {
            running--;
            if (running == 0) {
                idle.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }

    /** The offset to commit, if it is another one than before. */
    OptionalLong toCommit() {
        lock.lock();
        try {
            Entry first = unfinished.peekFirst();
            long offset = first == null ? position : first.record.offset();
            return offset <= committed ? OptionalLong.empty() : OptionalLong.of(offset);
        } finally {
            lock.unlock();
        }
    }

    void committed(long offset) {
        lock.lock();
        try {
            committed = Math.max(committed, offset);
        } finally {
            lock.unlock();
        }
    }

    /** Begins nothing more. */
    void close() {
        lock.lock();
        try {
            closed = true;
        } finally {
            lock.unlock();
        }
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
}
