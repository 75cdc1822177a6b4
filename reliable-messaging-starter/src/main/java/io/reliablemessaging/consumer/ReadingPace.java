package io.reliablemessaging.consumer;

import io.reliablemessaging.consumer.ReadingStops.Stop;
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
 * Pauses partitions of which enough was read. Used by the consumer's thread.
 *
 * <ol>
 *   <li>Enough is a number of unfinished records, as long as one of them could be begun.
 *   <li>If none can, since all wait behind slow messages of their keys, the partition is read on for other keys, until what
 *       waits takes the memory that is left to that.
 *   <li>In any case, the offset to commit lags behind by so many records at most, and nothing is read while the memory of all
 *       listeners is used up.
 * </ol>
 */
final class ReadingPace {

    // unfinished records of a partition beyond which no more are read, and below which they are again
    private static final int ENOUGH = 1000;
    private static final int FEW = 500;
    /** Offsets of a partition from the first unfinished record on: after a crash, as many are read again. */
    static final int LONGEST_SPAN = 100_000;

    private final MemoryBudget.Account memory;
    private final BooleanSupplier outage;
    private final ReadingStops stops;
    private final Set<TopicPartition> full = new HashSet<>();
    private final Set<TopicPartition> tooLong = new HashSet<>();
    private volatile boolean paused;

    /**
     * Creates it.
     *
     * @param outage whether no record can be begun, of whatever key
     */
    ReadingPace(String listener, MemoryBudget.Account memory, BooleanSupplier outage) {
        this(memory, outage, new ReadingStops(listener, memory));
    }

    ReadingPace(MemoryBudget.Account memory, BooleanSupplier outage, ReadingStops stops) {
        this.memory = memory;
        this.outage = outage;
        this.stops = stops;
    }

    /** What keeps partitions from being read, besides a person and handlers that are simply slow; null if nothing does. */
    @Nullable
    String limit() {
        return stops.limit();
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
        boolean noMemory = !memory.mayRead();
        Set<TopicPartition> shall = new HashSet<>(unprepared);
        if (pauseAll || noMemory) {
            shall.addAll(consumer.assignment());
        }
        List<Stop> byMessages = new ArrayList<>();
        long share = memory.shareOfStuck(partitions.size());
        for (PartitionLines lines : partitions) {
            if (isEnough(lines, share, byMessages)) {
                shall.add(lines.partition());
            }
        }
        stops.note(byMessages, noMemory);
        Set<TopicPartition> is = consumer.paused();
        if (!is.equals(shall)) {
            consumer.resume(is.stream().filter(each -> !shall.contains(each)).toList());
            consumer.pause(shall);
        }
        paused = pauseAll;
    }

    // a stop that a single message may be the cause of is added to those that people are told
    private boolean isEnough(PartitionLines lines, long share, List<Stop> byMessages) {
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
