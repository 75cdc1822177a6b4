package io.reliablemessaging.consumer;

import io.reliablemessaging.lines.MemoryBudget;
import io.reliablemessaging.lines.PartitionLines;
import io.reliablemessaging.lines.SlowMessage;
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
 * Logs what stops a listener from reading on: a slow message, with its partition, key and what to do, or the memory. Does
 * not log a long line that moves. For the consumer's thread.
 */
final class ReadingObstacles {

    private static final Logger log = ReadableLogger.of(ReadingObstacles.class);

    private static final Times TIMES = new Times(Duration.ofSeconds(5), Duration.ofSeconds(1), Duration.ofMinutes(1));

    private final String listener;
    private final MemoryBudget.Account memory;
    private final Times times;
    private final Set<TopicPartition> warned = new HashSet<>();
    private long nextCheck = System.nanoTime();
    private long nextLog = System.nanoTime();
    private @Nullable String slowest;
    private volatile @Nullable String limit;

    /**
     * Time limits of the log lines.
     *
     * @param slow how long a message must be unfinished before its stop is logged
     * @param betweenChecks between checks of stops: describing one reads each line of the partition
     * @param betweenLines between two log lines
     */
    record Times(Duration slow, Duration betweenChecks, Duration betweenLines) {}

    /**
     * A partition that is not read any further.
     *
     * @param bySpan whether the span from its first unfinished record is the cause; otherwise it is the memory of the
     *     records that wait
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
                                    ? "%d offsets".formatted(PartitionPauses.LONGEST_SPAN)
                                    : "the memory for what waits (half of listener.memory)",
                            message.offset(),
                            message.key(),
                            DurationText.of(message.since()),
                            message.behind(),
                            message.bytes() >> 20,
                            bySpan ? "" : "; with more listener.memory, more is read");
        }
    }

    ReadingObstacles(String listener, MemoryBudget.Account memory) {
        this(listener, memory, TIMES);
    }

    ReadingObstacles(String listener, MemoryBudget.Account memory, Times times) {
        this.listener = listener;
        this.memory = memory;
        this.times = times;
    }

    /** Returns the limit that stops the listener from reading on; null if none does. For any thread. */
    @Nullable
    String limit() {
        return limit;
    }

    /**
     * Notes the stops of now, and logs those that are new and slow.
     *
     * @param stops partitions that are not read any further
     * @param noMemory whether no partition is read, because the memory of all listeners is used up
     */
    void note(List<Stop> stops, boolean noMemory) {
        if (stops.isEmpty()) {
            slowest = null;
        } else if (System.nanoTime() - nextCheck >= 0) {
            nextCheck = System.nanoTime() + times.betweenChecks().toNanos();
            slowest = warnOfSlow(stops);
        }
        logResumed(stops);
        limit = slowest != null || !noMemory ? slowest : memoryText();
        if (limit != null && slowest == null) {
            warn(limit);
        }
    }

    private String memoryText() {
        return "its unfinished records take %d MB, and all listeners together have reached listener.memory. It reads on when records are finished; with more listener.memory, more is read"
                .formatted(memory.bytes() >> 20);
    }

    private @Nullable String warnOfSlow(List<Stop> stops) {
        String first = null;
        for (Stop stop : stops) {
            Optional<String> text = stop.message()
                    .filter(message -> message.since().compareTo(times.slow()) >= 0)
                    .map(stop::text);
            if (text.isPresent()) {
                first = first == null ? text.get() : first;
                if (!warned.contains(stop.partition()) && warn(text.get())) {
                    warned.add(stop.partition());
                }
            }
        }
        return first;
    }

    // once for each stop of a partition, and with a pause when many stops come and go
    private boolean warn(String text) {
        if (System.nanoTime() - nextLog < 0) {
            return false;
        }
        nextLog = System.nanoTime() + times.betweenLines().toNanos();
        log.warn("Listener {} reads nothing more for now: {}", listener, text);
        return true;
    }

    private void logResumed(List<Stop> stops) {
        for (TopicPartition partition : Set.copyOf(warned)) {
            if (stops.stream().noneMatch(stop -> stop.partition().equals(partition))) {
                warned.remove(partition);
                log.info("Listener {} reads partition {} again", listener, partition);
            }
        }
    }
}
