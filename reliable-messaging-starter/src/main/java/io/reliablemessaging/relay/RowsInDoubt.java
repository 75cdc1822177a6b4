package io.reliablemessaging.relay;

import io.reliablemessaging.outbox.OutboxRecord;
import io.reliablemessaging.quarantine.TopicKey;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Records the suspects: rows that failed alone, with a failure of unknown cause. Each waits, with the later rows of its
 * key, and is sent alone again after a growing delay. All other rows are sent, and they are the evidence: a failure
 * counts against a row if others were acknowledged since its last one. Rows of its own partition count most, for a sick
 * broker refuses a whole partition. So in an outage nothing counts, and if a whole partition fails, its topic is to
 * blame. Used by one thread.
 */
final class RowsInDoubt {

    /**
     * Number of failures that convict a row, while rows of its partition were acknowledged; twice as many, if rows of
     * other partitions were.
     */
    static final int FAILURES = 4;

    private static final int WEIGHT_OF_ITS_PARTITION = 2;
    private static final int MOST_OF_A_PARTITION = 3;

    /** The cause of a failure. */
    enum Blame {
        /** Not known yet. */
        UNDECIDED,
        /** The row: Kafka takes all others. */
        ROW,
        /** The topic: Kafka takes nothing of that partition. */
        TOPIC
    }

    private final Map<Place, Suspect> suspects = new HashMap<>();
    // a key has several if a later row failed before an earlier one
    private final Map<TopicKey, TreeSet<Place>> byKey = new HashMap<>();
    // acknowledgements since the first suspect failed
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

    private record Suspect(Partition partition, TopicHold hold, int weight, long ofPartition, long ofAll) {}

    boolean isEmpty() {
        return suspects.isEmpty();
    }

    /** Returns whether a row is a suspect. */
    boolean isSuspect(OutboxRecord row) {
        return !suspects.isEmpty() && suspects.containsKey(Place.of(row));
    }

    /** Returns whether a row must wait: it is behind a suspect of its key, or a suspect that is not due yet. */
    boolean mustWait(OutboxRecord row, long now) {
        if (suspects.isEmpty()) {
            return false;
        }
        Suspect suspect = suspects.get(Place.of(row));
        return (suspect != null && suspect.hold().isOn(now)) || isBehindSuspect(row);
    }

    private boolean isBehindSuspect(OutboxRecord row) {
        byte[] key = row.message().key();
        TreeSet<Place> ofItsKey =
                key == null ? null : byKey.get(TopicKey.of(row.message().topic(), key));
        return ofItsKey != null && row.id() > ofItsKey.first().id();
    }

    /** Returns the time until the next suspect is due, at most the limit. */
    Duration untilNext(Duration limit, long now) {
        long nanos = limit.toNanos();
        for (Suspect suspect : suspects.values()) {
            nanos = Math.min(nanos, Math.max(0, suspect.hold().until() - now));
        }
        return Duration.ofNanos(nanos);
    }

    /**
     * Notes that a row has failed alone, and judges the cause.
     *
     * @param partition partition that it was for, or null if none was chosen yet
     * @param now the current {@link System#nanoTime()}
     * @return the cause; if it is the row, it is no longer a suspect
     */
    Blame noteFailure(OutboxRecord row, @Nullable Integer partition, long now) {
        Place place = Place.of(row);
        Partition where = new Partition(row.message().topic(), partition);
        Suspect before = suspects.get(place);
        if (before == null) {
            if (nothingIsTakenOf(where)) {
                return Blame.TOPIC;
            }
            putSuspect(
                    row,
                    new Suspect(where, TopicHold.first(now), WEIGHT_OF_ITS_PARTITION, takenOf(where), takenInAll()));
            return Blame.UNDECIDED;
        }
        int weight = before.weight() + weightOf(before);
        if (weight >= FAILURES * WEIGHT_OF_ITS_PARTITION) {
            removeSuspect(row);
            return Blame.ROW;
        }
        putSuspect(row, new Suspect(where, before.hold().again(now), weight, takenOf(where), takenInAll()));
        return Blame.UNDECIDED;
    }

    private int weightOf(Suspect suspect) {
        if (takenOf(suspect.partition()) > suspect.ofPartition()) {
            return WEIGHT_OF_ITS_PARTITION;
        }
        return isOnlyOneOfItsTopic(suspect) && takenInAll() > suspect.ofAll() ? 1 : 0;
    }

    private boolean isOnlyOneOfItsTopic(Suspect suspect) {
        return suspects.values().stream()
                        .filter(each -> each.partition()
                                .topic()
                                .equals(suspect.partition().topic()))
                        .count()
                == 1;
    }

    private boolean nothingIsTakenOf(Partition partition) {
        return suspects.values().stream()
                        .filter(each -> each.partition().equals(partition) && each.ofPartition() == takenOf(partition))
                        .count()
                >= MOST_OF_A_PARTITION;
    }

    // a row without a partition is compared with its whole topic
    private long takenOf(Partition partition) {
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

    /** Notes that the broker has taken a row. */
    void noteTaken(OutboxRecord row, int partition) {
        if (suspects.isEmpty()) {
            return;
        }
        removeSuspect(row);
        taken.merge(new Partition(row.message().topic(), partition), 1L, Long::sum);
    }

    private void putSuspect(OutboxRecord row, Suspect suspect) {
        Place place = Place.of(row);
        suspects.put(place, suspect);
        byte[] key = row.message().key();
        if (key != null) {
            byKey.computeIfAbsent(TopicKey.of(row.message().topic(), key), first -> new TreeSet<>())
                    .add(place);
        }
    }

    private void removeSuspect(OutboxRecord row) {
        Place place = Place.of(row);
        if (suspects.remove(place) != null) {
            forgetKeys(place::equals);
            forgetEvidence();
        }
    }

    /** Forgets the suspects of other lanes than these. Their new owner finds out for itself. */
    void retain(Set<Integer> lanes) {
        if (suspects.keySet().removeIf(place -> !lanes.contains(place.lane()))) {
            forgetKeys(place -> !lanes.contains(place.lane()));
            forgetEvidence();
        }
    }

    private void forgetKeys(Predicate<Place> gone) {
        byKey.values().forEach(places -> places.removeIf(gone));
        byKey.values().removeIf(TreeSet::isEmpty);
    }

    void clear() {
        suspects.clear();
        byKey.clear();
        forgetEvidence();
    }

    private void forgetEvidence() {
        if (suspects.isEmpty()) {
            taken.clear();
        }
    }
}
