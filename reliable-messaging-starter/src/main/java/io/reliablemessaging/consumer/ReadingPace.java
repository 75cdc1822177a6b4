package io.reliablemessaging.consumer;

import io.reliablemessaging.text.ReadableLogger;
import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.Set;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/**
 * Pauses partitions of which enough was read: by the number of unfinished records, by the memory that they take, and by how
 * far the offset to commit lags behind what was read. Used by the consumer's thread.
 */
final class ReadingPace {

    private static final Logger log = ReadableLogger.of(ReadingPace.class);

    // unfinished records of a partition beyond which no more are read, and below which they are again
    private static final int ENOUGH = 1000;
    private static final int FEW = 500;
    /** Offsets of a partition from the first unfinished record on: after a crash, as many are read again. */
    static final int LONGEST_SPAN = 100_000;

    private static final long LOG_NANOS = Duration.ofMinutes(1).toNanos();

    private final String listener;
    private final MemoryBudget.Account memory;
    private final Set<TopicPartition> full = new HashSet<>();
    private final Set<TopicPartition> tooLong = new HashSet<>();
    private long nextLog = System.nanoTime();
    private volatile @Nullable String limit;
    private volatile boolean paused;

    ReadingPace(String listener, MemoryBudget.Account memory) {
        this.listener = listener;
        this.memory = memory;
    }

    /** What keeps partitions from being read, besides a person and handlers that are simply slow; null if nothing does. */
    @Nullable
    String limit() {
        return limit;
    }

    /** Whether all partitions are paused because a person wants it. */
    boolean isPaused() {
        return paused;
    }

    /**
     * Pauses and resumes partitions.
     *
     * @param partitions those that are read
     * @param unprepared those that may not be read yet
     * @param pauseAll whether a person wants none to be read
     */
    void apply(
            Consumer<?, ?> consumer,
            Collection<PartitionLines> partitions,
            Set<TopicPartition> unprepared,
            boolean pauseAll) {
        full.retainAll(consumer.assignment());
        tooLong.retainAll(consumer.assignment());
        for (PartitionLines lines : partitions) {
            update(full, lines.partition(), lines.unfinished(), ENOUGH, FEW);
            update(tooLong, lines.partition(), lines.uncommittedSpan(), LONGEST_SPAN, LONGEST_SPAN / 2);
        }
        boolean noMemory = !memory.mayRead();
        note(noMemory);
        Set<TopicPartition> shall = new HashSet<>(pauseAll || noMemory ? consumer.assignment() : full);
        shall.addAll(tooLong);
        shall.addAll(unprepared);
        Set<TopicPartition> is = consumer.paused();
        if (!is.equals(shall)) {
            consumer.resume(is.stream().filter(each -> !shall.contains(each)).toList());
            consumer.pause(shall);
        }
        paused = pauseAll;
    }

    private static void update(Set<TopicPartition> set, TopicPartition partition, int size, int enough, int few) {
        if (size >= enough) {
            set.add(partition);
        } else if (size < few) {
            set.remove(partition);
        }
    }

    private void note(boolean noMemory) {
        String now = null;
        if (!tooLong.isEmpty()) {
            now = "%s: one message is not finished, and %d later ones wait for it to have their offsets committed"
                    .formatted(tooLong, LONGEST_SPAN);
        } else if (noMemory) {
            now = "its unfinished records take %d MB, and all listeners together have reached listener.memory"
                    .formatted(memory.bytes() >> 20);
        }
        if (now != null && System.nanoTime() - nextLog >= 0) {
            nextLog = System.nanoTime() + LOG_NANOS;
            log.warn("Listener {} reads nothing more for now: {}", listener, now);
        }
        limit = now;
    }
}
