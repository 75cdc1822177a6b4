package io.reliablemessaging.deadletter;

import io.reliablemessaging.wire.WireMessage;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A message as a consumer group received it.
 *
 * @param group the consumer group
 * @param message the message, exactly as it was received
 * @param partition partition it was read from
 * @param offset offset it was read from
 * @param publishedAt when it was published
 * @param queue what it waits in line with, if it must wait; null for the others of its key
 */
public record ReceivedMessage(
        String group,
        WireMessage message,
        int partition,
        long offset,
        Instant publishedAt,
        @Nullable QueueId queue) {

    /** One that waits in line with the others of its key. */
    public ReceivedMessage(String group, WireMessage message, int partition, long offset, Instant publishedAt) {
        this(group, message, partition, offset, publishedAt, null);
    }

    /** What it waits in line with. Of a key, its hash is taken only when somebody asks: few messages ever wait. */
    @Override
    public QueueId queue() {
        return queue == null ? QueueId.of(message.key(), message.id()) : queue;
    }

    /** The same, which waits by itself: its group keeps no order. */
    public ReceivedMessage alone() {
        return new ReceivedMessage(group, message, partition, offset, publishedAt, QueueId.of(null, message.id()));
    }
}
