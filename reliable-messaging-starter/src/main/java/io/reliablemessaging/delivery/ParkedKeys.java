package io.reliablemessaging.delivery;

import io.reliablemessaging.deadletter.ParkedMessages;
import io.reliablemessaging.wire.QueueId;
import io.reliablemessaging.wire.ReceivedMessage;
import java.util.Collection;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Knows which keys may be parked, so that the database is asked only about those. A key that is not among them is not
 * parked, because:
 *
 * <ul>
 *   <li>the keys are read after a partition is assigned; from then on only its owner parks its keys, and it adds them here,
 *       also while they are being read;
 *   <li>a former owner that does not know of its loss yet may still park a message, but the same commit takes charge of it
 *       in the inbox. The new owner meets that message, finds the inbox row, and adds the key.
 * </ul>
 */
final class ParkedKeys {

    private static final int LIMIT = 100_000;

    private final Source source;
    // null while unknown
    private volatile @Nullable Known known;
    private int assignments;
    private final Set<QueueId> addedWhileUnknown = new HashSet<>();

    /** Reads the keys. */
    interface Source {

        /** Reads the parked keys; null if there are more than the limit. */
        @Nullable
        Set<QueueId> read(int limit);
    }

    /**
     * Keys that were read.
     *
     * @param keys the keys; null if there are too many to hold in memory
     */
    private record Known(@Nullable Set<QueueId> keys) {}

    ParkedKeys(ParkedMessages parked, String group, Collection<String> topics) {
        this(limit -> parked.keys(group, topics, limit).orElse(null));
    }

    ParkedKeys(Source source) {
        this.source = source;
    }

    /** Forgets all keys, because partitions were assigned whose keys another instance may have parked. */
    synchronized void forget() {
        assignments++;
        known = null;
        addedWhileUnknown.clear();
    }

    boolean checkMayBeParked(ReceivedMessage message) {
        Known now = known;
        while (now == null) {
            now = read();
        }
        Set<QueueId> keys = now.keys();
        return keys == null || (!keys.isEmpty() && keys.contains(message.queue()));
    }

    void add(ReceivedMessage message) {
        QueueId key = message.queue();
        Known now = known;
        if (now == null) {
            synchronized (this) {
                now = known;
                if (now == null) {
                    addedWhileUnknown.add(key);
                    return;
                }
            }
        }
        Set<QueueId> keys = now.keys();
        if (keys != null && keys.add(key) && keys.size() > 2 * LIMIT) {
            askAlways();
        }
    }

    private synchronized void askAlways() {
        if (known != null) {
            known = new Known(null);
        }
    }

    /** Removes the key of a message: the database has told that it is not parked. */
    void remove(ReceivedMessage message) {
        Known now = known;
        Set<QueueId> keys = now == null ? null : now.keys();
        if (keys != null) {
            keys.remove(message.queue());
        }
    }

    // the lock is not held while the database is asked: a thread that adds a key must not wait for that
    private @Nullable Known read() {
        int assignment;
        synchronized (this) {
            if (known != null) {
                return known;
            }
            assignment = assignments;
        }
        Set<QueueId> read = source.read(LIMIT);
        synchronized (this) {
            if (assignment != assignments) {
                return known; // read too early: another partition was assigned since
            }
            if (known == null) {
                known = new Known(read == null ? null : together(read));
                addedWhileUnknown.clear();
            }
            return known;
        }
    }

    private Set<QueueId> together(Set<QueueId> read) {
        Set<QueueId> keys = ConcurrentHashMap.newKeySet();
        keys.addAll(read);
        keys.addAll(addedWhileUnknown);
        return keys;
    }
}
