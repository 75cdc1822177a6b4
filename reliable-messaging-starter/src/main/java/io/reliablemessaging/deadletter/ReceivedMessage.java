package io.reliablemessaging.deadletter;

import io.reliablemessaging.wire.WireMessage;
import java.time.Instant;

/**
 * A message as a consumer group received it.
 *
 * @param group the consumer group
 * @param message the message, exactly as it was received
 * @param partition partition it was read from
 * @param offset offset it was read from
 * @param publishedAt when it was published
 */
public record ReceivedMessage(String group, WireMessage message, int partition, long offset, Instant publishedAt) {

    /** What it waits in line with. */
    public QueueId queue() {
        return QueueId.of(message.key(), message.id());
    }
}
