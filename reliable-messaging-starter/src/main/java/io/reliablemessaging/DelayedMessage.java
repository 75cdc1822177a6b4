package io.reliablemessaging;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A message that is to be sent later.
 *
 * @param number its number among the delayed messages, in the order in which they were stored; for the next page of {@link
 *     DelayedMessages#find}
 * @param id its id
 * @param topic topic it is meant for
 * @param key its key as text, or as {@code \x} and its bytes in hex if it is no text (see {@link OutboxQuarantine}); null without a key
 * @param dueAt when it is to be sent
 * @param publishedAt when it was published; null if the application has chosen the id, which then has no time
 * @param bytes size of its payload and headers
 */
public record DelayedMessage(
        long number,
        MessageId id,
        String topic,
        @Nullable String key,
        Instant dueAt,
        @Nullable Instant publishedAt,
        long bytes) {}
