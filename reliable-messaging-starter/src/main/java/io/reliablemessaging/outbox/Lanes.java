package io.reliablemessaging.outbox;

import io.reliablemessaging.MessageId;
import io.reliablemessaging.wire.WireMessage;
import org.apache.kafka.common.utils.Utils;
import org.jspecify.annotations.Nullable;

/**
 * Spreads keys over lanes. All messages of a key share a lane, and a lane has one sender: that is what keeps their order.
 *
 * <p>How many there are is stored in table {@code application}, and each statement that inserts messages takes the number
 * from there. What this instance remembers only says whom to tell after a commit: if it is out of date, a message waits for
 * the next poll.
 */
public final class Lanes {

    /** Most lanes that there can be. */
    public static final int MOST = 1024;

    private volatile int count;

    Lanes(int count) {
        this.count = count;
    }

    /** How many there are, as far as this instance knows. */
    public int count() {
        return count;
    }

    /** Takes note of the number that is stored. */
    public void update(int stored) {
        if (stored > 0) {
            count = stored;
        }
    }

    /** Lane of a message, as far as this instance knows: by its key, or anywhere if it has none. */
    public int laneOf(WireMessage message) {
        return hashOf(message) % count;
    }

    /** What {@link #laneOf} spreads by, whatever the number of lanes; not negative. */
    static int hashOf(WireMessage message) {
        return hashOf(message.key(), message.id());
    }

    static int hashOf(byte @Nullable [] key, MessageId id) {
        return Utils.toPositive(key == null ? id.hashCode() : Utils.murmur2(key));
    }
}
