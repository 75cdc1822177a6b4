package io.reliablemessaging.lanes;

import io.reliablemessaging.MessageId;
import io.reliablemessaging.wire.WireMessage;
import org.apache.kafka.common.utils.Utils;
import org.jspecify.annotations.Nullable;

/**
 * Spreads keys over lanes. All messages of a key share a lane, and a lane has one sender: this keeps their order.
 *
 * <p>The number of lanes is stored in table {@code application}, and each statement that inserts messages reads it
 * there. The number in memory only decides which owner is notified after a commit: if it is out of date, a message
 * waits for the next poll.
 */
public final class Lanes {

    /** Largest allowed number of lanes. */
    public static final int MOST = 1024;

    private volatile int count;

    public Lanes(int count) {
        this.count = count;
    }

    /** Returns the number of lanes that this instance knows. */
    public int count() {
        return count;
    }

    /** Sets the number of lanes to the stored one. */
    public void update(int stored) {
        if (stored > 0) {
            count = stored;
        }
    }

    /** Returns the lane of a message by the known number of lanes: from its key, or from its id if it has no key. */
    public int laneOf(WireMessage message) {
        return hashOf(message) % count;
    }

    /** Returns the hash that the lane follows from, for any number of lanes; never negative. */
    public static int hashOf(WireMessage message) {
        return hashOf(message.key(), message.id());
    }

    public static int hashOf(byte @Nullable [] key, MessageId id) {
        return key == null ? Utils.toPositive(id.hashCode()) : hashOf(key);
    }

    /** Returns the hash of the messages that have this key. */
    public static int hashOf(byte[] key) {
        return Utils.toPositive(Utils.murmur2(key));
    }
}
