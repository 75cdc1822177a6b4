package io.reliablemessaging.consumer;

import io.reliablemessaging.consumer.ReadingObstacles.Stop;
import io.reliablemessaging.lines.MemoryBudget;
import io.reliablemessaging.lines.PartitionLines;
import io.reliablemessaging.lines.PartitionLoad;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * Pauses partitions of which enough was read. For the consumer's thread.
 *
 * <ol>
 *   <li>Enough is a number of unfinished records, as long as one of them can be started.
 *   <li>If none can, because all wait behind slow messages of their keys, the partition is read on for other keys, until the
 *       waiting records use their part of the memory.
 *   <li>In any case, the offset to commit lags behind by a limited number of records, and nothing is read while the memory
 *       of all listeners is used up.
 * </ol>
 */
final class PartitionPauses {

    // unfinished records of a partition: from the first number on, it is paused, and below the second it is resumed
    private static final int ENOUGH = 1000;
    private static final int FEW = 500;
    /** Most offsets of a partition from the first unfinished record on. After a crash, so many are read again. */
    static final int LONGEST_SPAN = 100_000;

    private final MemoryBudget.Account memory;
    private final BooleanSupplier outage;
    private final ReadingObstacles obstacles;
    private final Set<TopicPartition> full = new HashSet<>();
    private final Set<TopicPartition> tooLong = new HashSet<>();
    private volatile boolean paused;

    /**
     * Creates the pace of a listener.
     *
     * @param outage whether an outage stops all records, of all keys
     */
    PartitionPauses(String listener, MemoryBudget.Account memory, BooleanSupplier outage) {
        this(memory, outage, new ReadingObstacles(listener, memory));
    }

    PartitionPauses(MemoryBudget.Account memory, BooleanSupplier outage, ReadingObstacles obstacles) {
        this.memory = memory;
        this.outage = outage;
        this.obstacles = obstacles;
    }

    /**
     * Returns the limit that stops partitions from being read, apart from a person and from handlers that are merely slow;
     * null if none does.
     */
    @Nullable
    String limit() {
        return obstacles.limit();
    }

    /** Tells whether all partitions are paused by a person's command. */
    boolean isPaused() {
        return paused;
    }

    /**
     * Pauses and resumes partitions.
     *
     * @param partitions those that are read
     * @param unprepared those that must not be read yet
     * @param pauseAll whether a person has paused the listener
     */
    void apply(
            Consumer<?, ?> consumer,
            Collection<PartitionLines> partitions,
            Set<TopicPartition> unprepared,
            boolean pauseAll) {
        full.retainAll(consumer.assignment());
        tooLong.retainAll(consumer.assignment());
        boolean noMemory = !memory.mayRead();
        Set<TopicPartition> wanted = new HashSet<>(unprepared);
        if (pauseAll || noMemory) {
            wanted.addAll(consumer.assignment());
        }
        List<Stop> byMessages = new ArrayList<>();
        long share = memory.shareOfStuck(partitions.size());
        for (PartitionLines lines : partitions) {
            if (assess(lines, share, byMessages)) {
                wanted.add(lines.partition());
            }
        }
        obstacles.note(byMessages, noMemory);
        Set<TopicPartition> current = consumer.paused();
        if (!current.equals(wanted)) {
            consumer.resume(
                    current.stream().filter(each -> !wanted.contains(each)).toList());
            consumer.pause(wanted);
        }
        paused = pauseAll;
    }

    // returns whether to pause the partition; adds it to the stops if a single message may be the cause
    private boolean assess(PartitionLines lines, long share, List<Stop> byMessages) {
        TopicPartition partition = lines.partition();
        PartitionLoad load = lines.load();
        update(full, partition, load.unfinished(), ENOUGH, FEW);
        update(tooLong, partition, load.span(), LONGEST_SPAN, LONGEST_SPAN / 2);
        boolean isFull = full.contains(partition);
        boolean isStuck = load.stuck() && !outage.getAsBoolean();
        if (isStuck && (isFull || load.bytes() >= share) && !memory.mayReadAhead()) {
            byMessages.add(new Stop(lines, false));
            return true;
        }
        if (tooLong.contains(partition)) {
            byMessages.add(new Stop(lines, true));
            return true;
        }
        return isFull && !isStuck;
    }

    private static void update(Set<TopicPartition> set, TopicPartition partition, int size, int enough, int few) {
        if (size >= enough) {
            set.add(partition);
        } else if (size < few) {
            set.remove(partition);
        }
    }
}
