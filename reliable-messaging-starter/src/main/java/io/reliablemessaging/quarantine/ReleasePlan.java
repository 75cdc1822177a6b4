package io.reliablemessaging.quarantine;

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
 * Decides the order of released messages: several topics at once, but the next message of a topic only when the broker
 * has taken the one before. So each record is a batch of its own, and a refusal is due to that record. Used by one
 * thread.
 */
public final class ReleasePlan {

    private final Deque<ReleasedMessage> left;
    private final Map<TopicKey, Long> keys;
    private final Map<String, Deque<OutboxRecord>> waiting = new HashMap<>();
    private final Set<TopicKey> droppedKeys = new HashSet<>();

    /**
     * Creates a plan.
     *
     * @param due released messages that are due, in order
     */
    public ReleasePlan(List<ReleasedMessage> due) {
        this.left = new ArrayDeque<>(due);
        Map<TopicKey, Long> firsts = new HashMap<>();
        for (ReleasedMessage each : due) {
            if (each.key() != null) {
                firsts.putIfAbsent(TopicKey.of(each.topic(), each.key()), each.id());
            }
        }
        this.keys = Map.copyOf(firsts);
    }

    /** Returns the keys of its messages, each with the id of its first message. */
    public Map<TopicKey, Long> keys() {
        return keys;
    }

    /**
     * Removes the next messages to load from the plan: at most so many rows and bytes, but at least one message. Empty
     * when all is done.
     */
    public List<ReleasedMessage> takeChunk(int rows, long bytes) {
        List<ReleasedMessage> chunk = new ArrayList<>();
        long sum = 0;
        while (!left.isEmpty() && chunk.size() < rows) {
            ReleasedMessage first = left.getFirst();
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

    private boolean isDropped(ReleasedMessage row) {
        return row.key() != null && droppedKeys.contains(TopicKey.of(row.topic(), row.key()));
    }

    /** Begins a loaded chunk: returns the first message of each topic, to be sent at once. The others wait. */
    public List<OutboxRecord> beginChunk(List<OutboxRecord> loaded) {
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

    /** Removes and returns the next waiting message of the topic of a sent one; null if none waits. */
    @Nullable
    public OutboxRecord takeNextAfter(OutboxRecord done) {
        return waiting.getOrDefault(done.message().topic(), new ArrayDeque<>()).poll();
    }

    /** Drops all messages of the key of a row that cannot be sent. */
    public void dropKeyOf(OutboxRecord row) {
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
