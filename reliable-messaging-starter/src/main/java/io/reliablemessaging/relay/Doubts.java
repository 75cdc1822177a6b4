package io.reliablemessaging.relay;

import io.reliablemessaging.outbox.OutboxRecord;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Rows that failed alone, with a failure that may be anybody's. Each waits, with the later ones of its key, and is sent alone
 * again after a growing delay; all others flow, and they are the evidence: a failure counts against a row if others were
 * acknowledged since its last one. Those of its own partition count most, for a sick broker refuses all of a partition. So
 * in an outage nothing counts, and where a whole partition fails, its topic is to blame. Of one thread.
 */
final class Doubts {

    /** How often it must have failed while others of its partition were acknowledged, or twice as often while any were. */
    static final int FAILURES = 4;

    private static final int WEIGHT_OF_ITS_PARTITION = 2;
    private static final int MOST_OF_A_PARTITION = 3;

    /** Who is to blame. */
    enum Blame {
        /** Nobody knows yet. */
        NOBODY,
        /** The row: all others are taken. */
        ROW,
        /** The topic: nothing of that partition is taken. */
        TOPIC
    }

    private final Map<Place, Doubt> rows = new HashMap<>();
    // several of a key, if a later one had failed before an earlier one did
    private final Map<TopicKey, TreeSet<Place>> keys = new HashMap<>();
    // acknowledgements since the first of these rows failed
    private final Map<Partition, Long> taken = new HashMap<>();

    private record Place(int lane, long id) implements Comparable<Place> {

        private static final Comparator<Place> ORDER =
                Comparator.comparingLong(Place::id).thenComparingInt(Place::lane);

        static Place of(OutboxRecord row) {
            return new Place(row.lane(), row.id());
        }

        @Override
        public int compareTo(Place other) {
            return ORDER.compare(this, other);
        }
    }

    private record Partition(String topic, @Nullable Integer number) {}

    private record Doubt(Partition partition, Hold hold, int weight, long ofPartition, long ofAll) {}

    boolean isEmpty() {
        return rows.isEmpty();
    }

    /** Whether it is one of them. */
    boolean contains(OutboxRecord row) {
        return !rows.isEmpty() && rows.containsKey(Place.of(row));
    }

    /** Whether it is behind one of them, or is one that is not yet to be sent again. */
    boolean holds(OutboxRecord row, long now) {
        if (rows.isEmpty()) {
            return false;
        }
        Doubt doubt = rows.get(Place.of(row));
        return (doubt != null && doubt.hold().isOn(now)) || isBehind(row);
    }

    private boolean isBehind(OutboxRecord row) {
        byte[] key = row.message().key();
        TreeSet<Place> ofItsKey =
                key == null ? null : keys.get(TopicKey.of(row.message().topic(), key));
        return ofItsKey != null && row.id() > ofItsKey.first().id();
    }

    /** How long until one is to be sent again, at most the limit. */
    Duration untilNext(Duration limit, long now) {
        long nanos = limit.toNanos();
        for (Doubt doubt : rows.values()) {
            nanos = Math.min(nanos, Math.max(0, doubt.hold().until() - now));
        }
        return Duration.ofNanos(nanos);
    }

    /**
     * A row has failed alone.
     *
     * @param partition partition that it was for, or null if it did not get so far
     * @param now moment of {@link System#nanoTime()}
     * @return who is to blame; if it is the row, it is no longer in doubt
     */
    Blame failed(OutboxRecord row, @Nullable Integer partition, long now) {
        Place place = Place.of(row);
        Partition where = new Partition(row.message().topic(), partition);
        Doubt before = rows.get(place);
        if (before == null) {
            if (nothingIsTakenOf(where)) {
                return Blame.TOPIC;
            }
            put(row, new Doubt(where, Hold.first(now), WEIGHT_OF_ITS_PARTITION, taken(where), takenInAll()));
            return Blame.NOBODY;
        }
        int weight = before.weight() + weightOf(before);
        if (weight >= FAILURES * WEIGHT_OF_ITS_PARTITION) {
            remove(row);
            return Blame.ROW;
        }
        put(row, new Doubt(where, before.hold().again(now), weight, taken(where), takenInAll()));
        return Blame.NOBODY;
    }

    private int weightOf(Doubt doubt) {
        if (taken(doubt.partition()) > doubt.ofPartition()) {
            return WEIGHT_OF_ITS_PARTITION;
        }
        return isOnlyOneOfItsTopic(doubt) && takenInAll() > doubt.ofAll() ? 1 : 0;
    }

    private boolean isOnlyOneOfItsTopic(Doubt doubt) {
        return rows.values().stream()
                        .filter(each -> each.partition()
                                .topic()
                                .equals(doubt.partition().topic()))
                        .count()
                == 1;
    }

    private boolean nothingIsTakenOf(Partition partition) {
        return rows.values().stream()
                        .filter(each -> each.partition().equals(partition) && each.ofPartition() == taken(partition))
                        .count()
                >= MOST_OF_A_PARTITION;
    }

    // a row that has reached no partition is compared with all of its topic
    private long taken(Partition partition) {
        if (partition.number() != null) {
            return taken.getOrDefault(partition, 0L);
        }
        return taken.entrySet().stream()
                .filter(each -> each.getKey().topic().equals(partition.topic()))
                .mapToLong(Map.Entry::getValue)
                .sum();
    }

    private long takenInAll() {
        return taken.values().stream().mapToLong(Long::longValue).sum();
    }

    /** The broker has it. */
    void taken(OutboxRecord row, int partition) {
        if (rows.isEmpty()) {
            return;
        }
        remove(row);
        taken.merge(new Partition(row.message().topic(), partition), 1L, Long::sum);
    }

    private void put(OutboxRecord row, Doubt doubt) {
        Place place = Place.of(row);
        rows.put(place, doubt);
        byte[] key = row.message().key();
        if (key != null) {
            keys.computeIfAbsent(TopicKey.of(row.message().topic(), key), first -> new TreeSet<>())
                    .add(place);
        }
    }

    private void remove(OutboxRecord row) {
        Place place = Place.of(row);
        if (rows.remove(place) != null) {
            forgetKeys(place::equals);
            forgetEvidence();
        }
    }

    /** Only these lanes are ours. Whoever has the others finds out for itself. */
    void retain(Set<Integer> lanes) {
        if (rows.keySet().removeIf(place -> !lanes.contains(place.lane()))) {
            forgetKeys(place -> !lanes.contains(place.lane()));
            forgetEvidence();
        }
    }

    private void forgetKeys(Predicate<Place> gone) {
        keys.values().forEach(places -> places.removeIf(gone));
        keys.values().removeIf(TreeSet::isEmpty);
    }

    void clear() {
        rows.clear();
        keys.clear();
        forgetEvidence();
    }

    private void forgetEvidence() {
        if (rows.isEmpty()) {
            taken.clear();
        }
    }
}
