package io.reliablemessaging;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Publishes sent messages again, for a consumer that has lost data or is new. This bean exists if {@code
 * reliable-messaging.outbox.retention} keeps sent messages.
 *
 * <p>Messages keep their ids: a group that has handled them drops them, any other group handles them. To make a group handle
 * them again, first delete its rows from {@code inbox_message}.
 */
public interface OutboxReplay {

    /**
     * Publishes sent messages again, in the order in which they were stored, and records it in {@code operation_log}. If the process
     * dies in the middle, a part of them is published; calling it again is harmless.
     *
     * @param topic topic they were sent to
     * @param key only messages with this key, as {@link OutboxQuarantine} shows keys, or null for all
     * @param from only those stored at this time or later
     * @param until only those stored before this time
     * @param who the person or job that gives the command
     * @return how many messages were published
     */
    long replay(String topic, @Nullable String key, Instant from, Instant until, String who);

    /**
     * Publishes sent messages again like {@link #replay(String, String, Instant, Instant, String)}, and records why.
     *
     * @param topic topic they were sent to
     * @param key only messages with this key, as {@link OutboxQuarantine} shows keys, or null for all
     * @param from only those stored at this time or later
     * @param until only those stored before this time
     * @param reason why; stored for later readers
     * @param who the person or job that gives the command
     * @return how many messages were published
     */
    default long replay(String topic, @Nullable String key, Instant from, Instant until, String reason, String who) {
        throw new UnsupportedOperationException("replay");
    }
}
