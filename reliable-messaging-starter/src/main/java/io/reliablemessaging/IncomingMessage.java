package io.reliablemessaging;

import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A message as a {@link ReliableListener} receives it.
 *
 * @param id identity of the message; derived from topic, partition and offset if the sender was not this library
 * @param topic topic it was read from
 * @param partition partition it was read from
 * @param offset offset it was read from
 * @param key its key as text; null if it has none
 * @param headers its headers as text; of several headers with one name, the last one
 * @param payload its content, null for a tombstone
 * @param attempt 1 for the first call of the handler, counted across restarts and rebalances
 * @param publishedAt when it was published, or the record's timestamp if the sender was not this library
 * @param <T> type of the payload
 */
public record IncomingMessage<T>(
        MessageId id,
        String topic,
        int partition,
        long offset,
        @Nullable String key,
        Map<String, String> headers,
        @Nullable T payload,
        int attempt,
        Instant publishedAt) {}
