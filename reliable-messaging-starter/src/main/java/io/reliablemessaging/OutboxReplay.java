package io.reliablemessaging;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Publishes again what was sent before, for a consumer that has lost data or is new. There is one if {@code
 * reliable-messaging.outbox.retention} keeps sent messages.
 *
 * <p>Messages keep their ids: a group that has handled them drops them, one that has not handles them. To have a group handle
 * them again, remove its rows from {@code inbox_message} first.
 */
public interface OutboxReplay {

    /**
     * Publishes kept messages again, in the order in which they were stored, and notes it in {@code operation_log}. A crash in
     * the middle leaves a part of them published; doing it again is harmless.
     *
     * @param topic topic they were sent to
     * @param key only messages with this key, as {@link OutboxQuarantine} shows keys, or null for all
     * @param from only those stored at this time or later
     * @param until only those stored before this time
     * @param who does it, for the log
     * @return how many
     */
    long replay(String topic, @Nullable String key, Instant from, Instant until, String who);
}
