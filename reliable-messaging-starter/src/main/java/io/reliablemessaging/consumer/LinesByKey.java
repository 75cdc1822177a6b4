package io.reliablemessaging.consumer;

import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/** The lines of one partition that are not empty, each under what its records have in common. Not thread-safe. */
final class LinesByKey {

    private static final Object CAREFUL = new Object();

    private final PartitionLines partition;
    private final LineRule rule;
    private final Map<Object, Line> lines = new HashMap<>();

    LinesByKey(PartitionLines partition, LineRule rule) {
        this.partition = partition;
        this.rule = rule;
    }

    // once careful, all stay in one line until it is empty: in another line, records of a key could pass each other
    Object key(ConsumerRecord<byte[], byte[]> record, boolean suspect) {
        return suspect || lines.containsKey(CAREFUL) ? CAREFUL : rule.lineOf(record);
    }

    /** Whether the records of this line are handled one at a time, since one of them may end the process. */
    static boolean isCareful(Object key) {
        return key == CAREFUL;
    }

    @Nullable
    Line find(Object key) {
        return lines.get(key);
    }

    Line create(Object key) {
        Line line = new Line(partition, key);
        lines.put(key, line);
        return line;
    }

    void remove(Line line) {
        lines.remove(line.key(), line);
    }

    /** Drops all that waits in them. */
    void clear() {
        lines.values().forEach(line -> line.entries().clear());
        lines.clear();
    }

    /** Whether there are some, and records that are read now may have lines of their own beside them. */
    boolean mayBecomeMore() {
        return !lines.isEmpty() && lines.size() < rule.mostLines() && !lines.containsKey(CAREFUL);
    }

    /** The message that most others of its line wait for; empty if there is none. */
    Optional<SlowMessage> inFrontOfMost() {
        return slow(Comparator.comparing(line -> -line.entries().size()));
    }

    /** The message with the lowest offset; empty if there is none. */
    Optional<SlowMessage> first() {
        return slow(
                Comparator.comparing(line -> line.entries().element().record().offset()));
    }

    private Optional<SlowMessage> slow(Comparator<Line> order) {
        return lines.values().stream()
                .filter(line -> !line.entries().isEmpty())
                .min(order)
                .map(SlowMessage::of);
    }
}
