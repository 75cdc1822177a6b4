package io.reliablemessaging.relay;

import io.reliablemessaging.outbox.OutboxRecord;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * In which order released messages are sent: several topics at once, but of each topic the next one only when the broker has the
 * one before. So each record is a batch of its own, and whoever is refused is refused for its own sake. Of one thread.
 */
final class ReleasePlan {

    private final Deque<Released> left;
    private final Map<TopicKey, Long> keys;
    private final Map<String, Deque<OutboxRecord>> waiting = new HashMap<>();
    private final Set<TopicKey> droppedKeys = new HashSet<>();

    /**
     * Makes a plan.
     *
     * @param due what may be sent, in order
     */
    ReleasePlan(List<Released> due) {
        this.left = new ArrayDeque<>(due);
        Map<TopicKey, Long> firsts = new HashMap<>();
        for (Released each : due) {
            if (each.key() != null) {
                firsts.putIfAbsent(TopicKey.of(each.topic(), each.key()), each.id());
            }
        }
        this.keys = Map.copyOf(firsts);
    }

    /** The keys that it is about, each with the id of its first message. */
    Map<TopicKey, Long> keys() {
        return keys;
    }

    /** What to load next: so many, and no more bytes than this, but one at least. Nothing when all is done. */
    List<Released> next(int rows, long bytes) {
        List<Released> chunk = new ArrayList<>();
        long sum = 0;
        while (!left.isEmpty() && chunk.size() < rows) {
            Released first = left.getFirst();
            if (isDropped(first)) {
                left.removeFirst();
                continue;
            }
            sum += first.bytes();
            if (!chunk.isEmpty() && sum > bytes) {
                break;
            }
            chunk.add(left.removeFirst());
        }
        return chunk;
    }

    private boolean isDropped(Released row) {
        return row.key() != null && droppedKeys.contains(TopicKey.of(row.topic(), row.key()));
    }

    /** Those of them that may be sent at once: the first of each topic. The others wait. */
    List<OutboxRecord> begin(List<OutboxRecord> loaded) {
        waiting.clear();
        List<OutboxRecord> first = new ArrayList<>();
        for (OutboxRecord row : loaded) {
            Deque<OutboxRecord> queue = waiting.get(row.message().topic());
            if (queue == null) {
                first.add(row);
                waiting.put(row.message().topic(), new ArrayDeque<>());
            } else {
                queue.add(row);
            }
        }
        return first;
    }

    /** This one is done with: the next of its topic, if one waits. */
    @Nullable
    OutboxRecord after(OutboxRecord done) {
        return waiting.getOrDefault(done.message().topic(), new ArrayDeque<>()).poll();
    }

    /** It cannot be sent: nothing more of its key is. */
    void dropKeyOf(OutboxRecord row) {
        TopicKey key = keyOf(row);
        if (key != null) {
            droppedKeys.add(key);
            waiting.values().forEach(queue -> queue.removeIf(each -> key.equals(keyOf(each))));
        }
    }

    private static @Nullable TopicKey keyOf(OutboxRecord row) {
        byte[] key = row.message().key();
        return key == null ? null : TopicKey.of(row.message().topic(), key);
    }
}
