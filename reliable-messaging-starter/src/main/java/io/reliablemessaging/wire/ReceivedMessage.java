package io.reliablemessaging.wire;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A message as a consumer group received it.
 *
 * @param group the consumer group
 * @param message the message, exactly as received
 * @param partition partition it was read from
 * @param offset offset it was read from
 * @param publishedAt when it was published
 * @param queue the queue in which it waits if it must; null for that of its key
 */
public record ReceivedMessage(
        String group,
        WireMessage message,
        int partition,
        long offset,
        Instant publishedAt,
        @Nullable QueueId queue) {

    /** Creates a message that waits in the queue of its key. */
    public ReceivedMessage(String group, WireMessage message, int partition, long offset, Instant publishedAt) {
        this(group, message, partition, offset, publishedAt, null);
    }

    /** Returns the queue in which it waits. A key is hashed only on demand, since few messages ever wait. */
    @Override
    public QueueId queue() {
        return queue == null ? QueueId.of(message.key(), message.id()) : queue;
    }

    /** Returns the same message in a queue of its own, for a group that keeps no order. */
    public ReceivedMessage alone() {
        return new ReceivedMessage(group, message, partition, offset, publishedAt, QueueId.of(null, message.id()));
    }
}
