package io.reliablemessaging.outbox;

import io.reliablemessaging.wire.WireMessage;
import org.apache.kafka.common.utils.Utils;

/**
 * Spreads keys over lanes. All messages of a key share a lane, and a lane has one sender: that is what keeps their order.
 *
 * @param count number of lanes
 */
public record Lanes(int count) {

    /** Lane of a message: by its key, or anywhere if it has none. */
    public int laneOf(WireMessage message) {
        return hashOf(message) % count;
    }

    /** What {@link #laneOf} spreads by, whatever the number of lanes; not negative. */
    static int hashOf(WireMessage message) {
        return Utils.toPositive(message.key() == null ? message.id().hashCode() : Utils.murmur2(message.key()));
    }
}
