package io.reliablemessaging.consumer;

import io.reliablemessaging.text.DurationText;
import io.reliablemessaging.text.ReadableLogger;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/**
 * Tells people what keeps a listener from reading on: a slow message with its partition, key and what to do, or the memory.
 * A line that is long and moves is not told. Used by the consumer's thread.
 */
final class ReadingStops {

    private static final Logger log = ReadableLogger.of(ReadingStops.class);

    private static final Times TIMES = new Times(Duration.ofSeconds(5), Duration.ofSeconds(1), Duration.ofMinutes(1));

    private final String listener;
    private final MemoryBudget.Account memory;
    private final Times times;
    private final Set<TopicPartition> told = new HashSet<>();
    private long nextLook = System.nanoTime();
    private long nextLog = System.nanoTime();
    private @Nullable String slowest;
    private volatile @Nullable String limit;

    /**
     * How patient it is.
     *
     * @param slow how long a message is not finished before a stop because of it is told
     * @param betweenLooks at stops: to describe one costs a look at each line of the partition
     * @param betweenLines of the log
     */
    record Times(Duration slow, Duration betweenLooks, Duration betweenLines) {}

    /**
     * A partition that is not read on.
     *
     * @param bySpan whether that is because its first unfinished record is so far behind; otherwise because of the memory that
     *     the records take which wait
     */
    record Stop(PartitionLines lines, boolean bySpan) {

        private TopicPartition partition() {
            return lines.partition();
        }

        private Optional<SlowMessage> message() {
            return bySpan ? lines.first() : lines.inFrontOfMost();
        }

        private String text(SlowMessage message) {
            return ("partition %s has reached %s behind one message. Offset %d (%s) has not been finished for %s, %d messages"
                            + " wait in its line (%d MB), and other keys of the partition have to wait, too. They go on when it is"
                            + " finished; if its handler hangs, give what it calls a time-out, and restart the instance%s")
                    .formatted(
                            partition(),
                            bySpan
                                    ? "%d offsets".formatted(ReadingPace.LONGEST_SPAN)
                                    : "the memory for what waits (half of listener.memory)",
                            message.offset(),
                            message.key(),
                            DurationText.of(message.since()),
                            message.behind(),
                            message.bytes() >> 20,
                            bySpan ? "" : "; with more listener.memory, more is read");
        }
    }

    ReadingStops(String listener, MemoryBudget.Account memory) {
        this(listener, memory, TIMES);
    }

    ReadingStops(String listener, MemoryBudget.Account memory, Times times) {
        this.listener = listener;
        this.memory = memory;
        this.times = times;
    }

    /** What keeps the listener from reading on; null if nothing does. For any thread. */
    @Nullable
    String limit() {
        return limit;
    }

    /**
     * Takes note of what is so now.
     *
     * @param stops partitions that are not read on
     * @param noMemory whether none is read, since the memory of all listeners is used up
     */
    void note(List<Stop> stops, boolean noMemory) {
        if (stops.isEmpty()) {
            slowest = null;
        } else if (System.nanoTime() - nextLook >= 0) {
            nextLook = System.nanoTime() + times.betweenLooks().toNanos();
            slowest = slowest(stops);
        }
        readOn(stops);
        limit = slowest != null || !noMemory ? slowest : memoryText();
        if (limit != null && slowest == null) {
            warn(limit);
        }
    }

    private String memoryText() {
        return "its unfinished records take %d MB, and all listeners together have reached listener.memory"
                .formatted(memory.bytes() >> 20);
    }

    private @Nullable String slowest(List<Stop> stops) {
        String first = null;
        for (Stop stop : stops) {
            Optional<String> text = stop.message()
                    .filter(message -> message.since().compareTo(times.slow()) >= 0)
                    .map(stop::text);
            if (text.isPresent()) {
                first = first == null ? text.get() : first;
                if (!told.contains(stop.partition()) && warn(text.get())) {
                    told.add(stop.partition());
                }
            }
        }
        return first;
    }

    // once for each stop of a partition, and not for each of many that come and go
    private boolean warn(String text) {
        if (System.nanoTime() - nextLog < 0) {
            return false;
        }
        nextLog = System.nanoTime() + times.betweenLines().toNanos();
        log.warn("Listener {} reads nothing more for now: {}", listener, text);
        return true;
    }

    private void readOn(List<Stop> stops) {
        for (TopicPartition partition : Set.copyOf(told)) {
            if (stops.stream().noneMatch(stop -> stop.partition().equals(partition))) {
                told.remove(partition);
                log.info("Listener {} reads partition {} on", listener, partition);
            }
        }
    }
}
