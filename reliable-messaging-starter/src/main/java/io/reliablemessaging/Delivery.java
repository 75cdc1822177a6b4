package io.reliablemessaging;

import java.time.Instant;

/**
 * A delivery of a message to a consumer group.
 *
 * @param listener id of the listener
 * @param group the consumer group
 * @param id identity of the message
 * @param topic topic it was read from
 * @param partition partition it was read from
 * @param offset offset it was read from
 * @param attempt number of the handler's call, 1 for the first
 * @param publishedAt when it was published, or the record's timestamp if the sender was not this library
 */
public record Delivery(
        String listener,
        String group,
        MessageId id,
        String topic,
        int partition,
        long offset,
        int attempt,
        Instant publishedAt) {}
