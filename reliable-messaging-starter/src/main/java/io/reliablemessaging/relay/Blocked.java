package io.reliablemessaging.relay;

import io.reliablemessaging.outbox.OutboxRecord;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The keys of our lanes that have messages in quarantine, in memory. Only a lane's owner puts messages there, so this is
 * exact once it has been loaded after the take-over.
 */
final class Blocked {

    private final QuarantineTable table;
    private Set<Integer> lanes = Set.of();

    // with the lowest id in quarantine: earlier messages of the key, sent again after a failure, are not behind it
    private final Map<TopicKey, Long> from = new HashMap<>();
    // so far as is known, all of these may be sent again
    private final Set<TopicKey> released = new HashSet<>();
    private boolean empty; // as far as is known

    Blocked(QuarantineTable table) {
        this.table = table;
    }

    /**
     * Loads the keys again if other lanes are ours than before.
     *
     * @param underWay keys of released messages that are being sent, each with the id of the first: they stay blocked, though
     *     a person may have discarded them
     * @return whether they were loaded
     */
    boolean follow(Set<Integer> ours, Map<TopicKey, Long> underWay) {
        boolean load = !ours.equals(lanes);
        if (load) {
            QuarantineTable.Contents contents = table.contents(ours);
            from.clear();
            from.putAll(contents.keys());
            underWay.forEach((key, first) -> from.merge(key, first, Math::min));
            released.clear();
            released.addAll(contents.released());
            underWay.keySet().stream()
                    .filter(key -> !contents.keys().containsKey(key))
                    .forEach(released::add);
            empty = contents.isEmpty();
            lanes = Set.copyOf(ours);
        }
        return load;
    }

    /** Makes the next {@link #follow} load all again. */
    void forget() {
        lanes = Set.of();
    }

    /** Whether nothing of these lanes is in quarantine, with a key or without. */
    boolean isEmpty() {
        return empty;
    }

    void add(OutboxRecord culprit) {
        empty = false;
        byte[] key = culprit.message().key();
        if (key != null) {
            TopicKey topicKey = TopicKey.of(culprit.message().topic(), key);
            from.merge(topicKey, culprit.id(), Math::min);
            if (released.contains(topicKey)) {
                forget(); // those that were left behind it are to be moved now, from the first of them on
            }
        }
    }

    boolean contains(OutboxRecord row) {
        byte[] key = row.message().key();
        if (key == null || from.isEmpty()) {
            return false;
        }
        Long first = from.get(TopicKey.of(row.message().topic(), key));
        return first != null && row.id() > first;
    }

    /** Whether all messages of its key that are in quarantine may be sent again: it will be free when they are. */
    boolean isReleased(OutboxRecord row) {
        byte[] key = row.message().key();
        return key != null && released.contains(TopicKey.of(row.message().topic(), key));
    }

    /** Those of the rows that must wait behind others of their key. */
    List<OutboxRecord> of(List<OutboxRecord> rows) {
        return from.isEmpty() ? List.of() : rows.stream().filter(this::contains).toList();
    }
}
