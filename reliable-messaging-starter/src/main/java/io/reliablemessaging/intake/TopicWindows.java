package io.reliablemessaging.intake;

import io.reliablemessaging.outbox.OutboxRecord;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;

/**
 * Limits how much each topic may have in flight. The limit of a topic follows the free room: one topic alone may have
 * two thirds of all; while another one is full, a topic may have an eighth of what is free, so that however many topics
 * stall, there is room for the next. After the dynamic thresholds of Choudhury and Hahne, by which the queues of a
 * switch share its memory. Used by one thread.
 */
public final class TopicWindows {

    static final int MOST_ROWS = 12_288;
    // half of the producer's default buffer.memory, so that send() never waits for memory
    static final long MOST_BYTES = 16L << 20;
    private static final int TIMES_FREE_ALONE = 2;
    private static final int PART_OF_FREE = 8;

    /** A topic that is full for so long is left out; a fast one has room again before. */
    public static final Duration CROWDING = Duration.ofMillis(250);

    private static final long SLOW_NANOS = Duration.ofSeconds(10).toNanos();

    private final Map<String, Window> topics = new HashMap<>();
    private final Map<String, Integer> lastRead = new HashMap<>();
    private int rows;
    private long bytes;
    private int full; // topics

    private static final class Window {
        private int rows;
        private long bytes;
        private boolean full;
        private long fullSince;
        private boolean slow;
        private long lastFull;
        private long lastAnswer;
    }

    void add(String topic, int size, long now) {
        Window window = topics.computeIfAbsent(topic, name -> new Window());
        if (window.rows == 0) {
            window.lastAnswer = now;
        }
        change(window, 1, size);
        if (!window.full && isAboveItsLimit(window)) {
            window.full = true;
            window.fullSince = now;
            full++;
        }
    }

    void remove(String topic, int size, long now) {
        Window window = topics.get(topic);
        if (window == null) {
            return;
        }
        change(window, -1, -size);
        window.lastAnswer = now;
        if (window.full && hasRoomAgain(window)) {
            window.full = false;
            full--;
            window.lastFull = now;
        }
        if (window.rows == 0 && !window.slow) {
            topics.remove(topic);
        }
    }

    private void change(Window window, int moreRows, int moreBytes) {
        window.rows += moreRows;
        window.bytes += moreBytes;
        rows += moreRows;
        bytes += moreBytes;
    }

    private boolean isAboveItsLimit(Window window) {
        if (full == 0) {
            return window.rows >= TIMES_FREE_ALONE * freeRows() || window.bytes >= TIMES_FREE_ALONE * freeBytes();
        }
        return window.rows >= freeRows() / PART_OF_FREE || window.bytes >= freeBytes() / PART_OF_FREE;
    }

    // has room again at half of its limit
    private boolean hasRoomAgain(Window window) {
        if (window.rows == 0) {
            return true;
        }
        if (full == 1) {
            return window.rows <= freeRows() && window.bytes <= freeBytes();
        }
        return window.rows <= freeRows() / (2 * PART_OF_FREE) && window.bytes <= freeBytes() / (2 * PART_OF_FREE);
    }

    void clear() {
        rows = 0;
        bytes = 0;
        full = 0;
        topics.values().removeIf(window -> !window.slow);
        for (Window window : topics.values()) { // a slow topic stays slow
            window.rows = 0;
            window.bytes = 0;
            window.full = false;
        }
    }

    public int rows() {
        return rows;
    }

    int freeRows() {
        return MOST_ROWS - rows;
    }

    long freeBytes() {
        return MOST_BYTES - bytes;
    }

    /** Notes the topics of rows that were read: the next ones are expected to be of the same topics. */
    void noteRead(List<OutboxRecord> some) {
        lastRead.clear();
        some.forEach(row -> lastRead.merge(row.message().topic(), 1, Integer::sum));
    }

    /** Returns how many rows to read: no more than can be sent, if they are of the same topics as the last ones. */
    int rowsToRead() {
        return (int) toRead(freeRows(), window -> window.rows);
    }

    /** Returns how many bytes to read: no more than can be sent, if they are of the same topics as the last ones. */
    long bytesToRead() {
        return toRead(freeBytes(), window -> window.bytes);
    }

    private long toRead(long free, ToLongFunction<Window> used) {
        int all = lastRead.values().stream().mapToInt(Integer::intValue).sum();
        long most = free;
        for (Map.Entry<String, Integer> topic : lastRead.entrySet()) {
            Window window = topics.get(topic.getKey());
            long room = room(free, window == null ? 0 : used.applyAsLong(window));
            most = Math.min(most, Math.max(1, room) * all / topic.getValue());
        }
        return most;
    }

    // how much more makes it full: room that it takes is no longer free
    private long room(long free, long used) {
        return full == 0
                ? (TIMES_FREE_ALONE * (free + 1) - used) / (TIMES_FREE_ALONE + 1)
                : (free - PART_OF_FREE * (used - 1)) / (PART_OF_FREE + 1);
    }

    /** Returns whether a topic has as much in flight as it may. It stays full until half of that is answered. */
    public boolean isFull(String topic) {
        Window window = topics.get(topic);
        return window != null && window.full;
    }

    /**
     * Updates which topics are slow, and returns those that crowd others out: they are full and slow, so no rows of
     * them must be read for now.
     *
     * @param now the current {@link System#nanoTime()}
     */
    public Set<String> updateCrowding(long now) {
        topics.values().removeIf(window -> window.rows == 0 && now - window.lastFull > SLOW_NANOS);
        for (Window window : topics.values()) {
            if (window.full && now - window.fullSince >= CROWDING.toNanos()) {
                window.slow = true;
            } else if (!window.full && now - window.lastFull > SLOW_NANOS) {
                window.slow = false;
            }
        }
        return topics.entrySet().stream()
                .filter(topic -> topic.getValue().full && topic.getValue().slow)
                .map(Map.Entry::getKey)
                .collect(Collectors.toUnmodifiableSet());
    }

    /** Returns whether some topic is full. */
    public boolean isCrowded() {
        return full > 0;
    }

    /** Returns whether some topic is full and not known to be slow, so that it must be checked soon. */
    public boolean mayBecomeCrowded() {
        return full > 0 && topics.values().stream().anyMatch(window -> window.full && !window.slow);
    }

    /** Returns the topics with messages in flight of which none was answered for so long. */
    public Set<String> silentTopics(Duration limit, long now) {
        return topics.entrySet().stream()
                .filter(topic -> topic.getValue().rows > 0 && now - topic.getValue().lastAnswer >= limit.toNanos())
                .map(Map.Entry::getKey)
                .collect(Collectors.toUnmodifiableSet());
    }

    /** Returns the number of messages of a topic in flight. */
    public int rows(String topic) {
        Window window = topics.get(topic);
        return window == null ? 0 : window.rows;
    }

    /**
     * Returns whether enough room is free for another reading, of other topics than these.
     *
     * @param leftOut topics of which nothing is read
     */
    public boolean hasRoomToRead(Set<String> leftOut) {
        int openRows = MOST_ROWS;
        long openBytes = MOST_BYTES;
        boolean idle = true;
        for (Map.Entry<String, Window> topic : topics.entrySet()) {
            Window window = topic.getValue();
            if (leftOut.contains(topic.getKey())) {
                openRows -= window.rows;
                openBytes -= window.bytes;
            } else if (window.full) {
                return false; // it would be read and not sent
            } else {
                idle &= window.rows == 0;
            }
        }
        if (idle) {
            return true; // one large message of a left-out topic may have taken all the room
        }
        return freeRows() >= openRows / 4 && freeBytes() >= openBytes / 4;
    }
}
