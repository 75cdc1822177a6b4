package io.reliablemessaging.quarantine;

import io.reliablemessaging.outbox.OutboxRecord;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Answers which rows are behind a quarantined message of their key. Holds the keys of our lanes in memory. Only a
 * lane's owner quarantines its messages, so this is exact once it has been loaded after the take-over.
 */
public final class BlockedKeys {

    private final QuarantineTable table;
    private Set<Integer> lanes = Set.of();

    // each key with its lowest id in quarantine: earlier messages of the key, sent again after a failure, are
    // not blocked
    private final Map<TopicKey, Long> firstIds = new HashMap<>();
    // keys of which, as far as is known, all quarantined messages are released
    private final Set<TopicKey> released = new HashSet<>();
    private boolean empty; // as far as is known

    public BlockedKeys(QuarantineTable table) {
        this.table = table;
    }

    /**
     * Loads the keys if the set of our lanes has changed since the last load.
     *
     * @param underWay keys of released messages that are being sent, each with its first id: they stay blocked, even if
     *     a person has discarded the messages
     * @return whether they were loaded
     */
    public boolean follow(Set<Integer> ours, Map<TopicKey, Long> underWay) {
        boolean load = !ours.equals(lanes);
        if (load) {
            QuarantineTable.Contents contents = table.readContents(ours);
            firstIds.clear();
            firstIds.putAll(contents.keys());
            underWay.forEach((key, first) -> firstIds.merge(key, first, Math::min));
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

    /** Makes the next {@link #follow} load the keys anew. */
    public void forget() {
        lanes = Set.of();
    }

    /** Returns whether no message of these lanes is in quarantine, with a key or without. */
    public boolean isQuarantineEmpty() {
        return empty;
    }

    public void block(OutboxRecord culprit) {
        empty = false;
        byte[] key = culprit.message().key();
        if (key != null) {
            TopicKey topicKey = TopicKey.of(culprit.message().topic(), key);
            firstIds.merge(topicKey, culprit.id(), Math::min);
            if (released.contains(topicKey)) {
                forget(); // rows that were left in the outbox behind it must be quarantined now, from the first one on
            }
        }
    }

    public boolean isBlocked(OutboxRecord row) {
        byte[] key = row.message().key();
        if (key == null || firstIds.isEmpty()) {
            return false;
        }
        Long first = firstIds.get(TopicKey.of(row.message().topic(), key));
        return first != null && row.id() > first;
    }

    /** Returns whether all quarantined messages of its key are released: the key is free when they are sent. */
    public boolean isKeyReleased(OutboxRecord row) {
        byte[] key = row.message().key();
        return key != null && released.contains(TopicKey.of(row.message().topic(), key));
    }

    /** Returns the rows that must wait behind a quarantined message of their key. */
    public List<OutboxRecord> blockedAmong(List<OutboxRecord> rows) {
        return firstIds.isEmpty()
                ? List.of()
                : rows.stream().filter(this::isBlocked).toList();
    }
}
