package io.reliablemessaging.listener;

import io.reliablemessaging.deadletter.ParkedMessages;
import io.reliablemessaging.deadletter.QueueId;
import io.reliablemessaging.deadletter.ReceivedMessage;
import java.util.Collection;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Which keys may be parked, so that the database is asked only about those. A key that is not among them is certainly not
 * parked, because:
 *
 * <ul>
 *   <li>they are read after a partition was assigned, and from then on only its owner parks its keys, who adds them here;
 *   <li>a former owner that does not yet know of its loss may still park a message, but it takes charge of it in the inbox
 *       with the same commit. The new owner meets that message, finds the inbox row, and adds the key.
 * </ul>
 */
final class ParkedKeys {

    private static final int LIMIT = 100_000;

    private final ParkedMessages parked;
    private final String group;
    private final Collection<String> topics;
    // null until read, and when there are more than anyone wants in memory
    private volatile @Nullable Set<QueueId> keys;
    private volatile boolean read;

    ParkedKeys(ParkedMessages parked, String group, Collection<String> topics) {
        this.parked = parked;
        this.group = group;
        this.topics = topics;
    }

    /** A partition was assigned: somebody else may have parked its keys. */
    synchronized void forget() {
        read = false;
        keys = null;
    }

    boolean mayHold(ReceivedMessage message) {
        Set<QueueId> known = keys();
        return known == null || (!known.isEmpty() && known.contains(message.queue()));
    }

    void add(ReceivedMessage message) {
        Set<QueueId> known = keys;
        if (known != null) {
            known.add(message.queue());
        }
    }

    /** The database has said that it is not parked. */
    void remove(ReceivedMessage message) {
        Set<QueueId> known = keys;
        if (known != null) {
            known.remove(message.queue());
        }
    }

    private @Nullable Set<QueueId> keys() {
        if (!read) {
            synchronized (this) {
                if (!read) {
                    keys = parked.keys(group, topics, LIMIT)
                            .map(ParkedKeys::concurrent)
                            .orElse(null);
                    read = true;
                }
            }
        }
        return keys;
    }

    private static Set<QueueId> concurrent(Set<QueueId> read) {
        Set<QueueId> keys = ConcurrentHashMap.newKeySet();
        keys.addAll(read);
        return keys;
    }
}
