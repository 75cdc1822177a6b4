package io.reliablemessaging.relay;

import io.reliablemessaging.outbox.OutboxRecord;
import java.util.HashMap;
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

    Blocked(QuarantineTable table) {
        this.table = table;
    }

    /** Loads the keys again if other lanes are ours than before. */
    void follow(Set<Integer> ours) {
        if (!ours.equals(lanes)) {
            from.clear();
            from.putAll(table.keys(ours));
            lanes = Set.copyOf(ours);
        }
    }

    /** Makes the next {@link #follow} load all again. */
    void forget() {
        lanes = Set.of();
    }

    void add(OutboxRecord culprit) {
        byte[] key = culprit.message().key();
        if (key != null) {
            from.merge(TopicKey.of(culprit.message().topic(), key), culprit.id(), Math::min);
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

    /** Those of the rows that must wait behind others of their key. */
    List<OutboxRecord> of(List<OutboxRecord> rows) {
        return from.isEmpty() ? List.of() : rows.stream().filter(this::contains).toList();
    }
}
