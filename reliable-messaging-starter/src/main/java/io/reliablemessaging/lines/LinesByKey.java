package io.reliablemessaging.lines;

import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/** Holds the lines of one partition that are not empty, each by its key. Not thread-safe. */
final class LinesByKey {

    private static final Object CAREFUL = new Object();

    private final PartitionLines partition;
    private final LineRule rule;
    private final Map<Object, KeyLine> lines = new HashMap<>();

    LinesByKey(PartitionLines partition, LineRule rule) {
        this.partition = partition;
        this.rule = rule;
    }

    // while the careful line has records, all new ones join it: in another line,
    // records of a key could overtake each other
    Object key(ConsumerRecord<byte[], byte[]> record, boolean suspect) {
        return suspect || lines.containsKey(CAREFUL) ? CAREFUL : rule.lineOf(record);
    }

    /** Tells whether the records of this line are handled one at a time because one of them may crash the process. */
    static boolean isCareful(Object key) {
        return key == CAREFUL;
    }

    @Nullable
    KeyLine find(Object key) {
        return lines.get(key);
    }

    KeyLine create(Object key) {
        KeyLine keyLine = new KeyLine(partition, key);
        lines.put(key, keyLine);
        return keyLine;
    }

    void remove(KeyLine keyLine) {
        lines.remove(keyLine.key(), keyLine);
    }

    /** Drops all records in all lines. */
    void clear() {
        lines.values().forEach(keyLine -> keyLine.entries().clear());
        lines.clear();
    }

    /** Tells whether there are lines and newly read records may open further ones. */
    boolean mayBecomeMore() {
        return !lines.isEmpty() && lines.size() < rule.mostLines() && !lines.containsKey(CAREFUL);
    }

    /** Returns the first message of the longest line; empty if there is none. */
    Optional<SlowMessage> inFrontOfMost() {
        return slow(Comparator.comparing(keyLine -> -keyLine.entries().size()));
    }

    /** Returns the message with the lowest offset; empty if there is none. */
    Optional<SlowMessage> first() {
        return slow(Comparator.comparing(
                keyLine -> keyLine.entries().element().record().offset()));
    }

    private Optional<SlowMessage> slow(Comparator<KeyLine> order) {
        return lines.values().stream()
                .filter(keyLine -> !keyLine.entries().isEmpty())
                .min(order)
                .map(SlowMessage::of);
    }
}
