package io.reliablemessaging;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Messages that the broker refused for good (too large for the topic, say), each with the later messages of its topic and
 * key queued behind it. Other keys are not affected. Mend the cause, then {@link #release}; or give the first one up with
 * {@link #skip}, or all of them with {@link #discard}. Every command is recorded in table {@code operation_log}.
 *
 * <p>A key that is text is shown and named as it is. One that is not (dead letters of other senders can have such keys: bytes
 * that are not UTF-8, or NUL) is shown as {@code \x} and its bytes in hex, and named in the same way. So is a text that has this
 * form itself.
 */
public interface OutboxQuarantine {

    /** All quarantined keys, the oldest first. */
    List<QuarantinedKey> find();

    /**
     * Sends the key's messages again, in order and before any newer one of the key. If one is refused again, it and those
     * behind it stay.
     *
     * @param who the person or job that says so
     * @return messages that will be sent
     */
    int release(String topic, @Nullable String key, String who);

    /**
     * Gives up the message at the head of the key's queue for good, and releases those behind it.
     *
     * @param who the person or job that says so
     * @return messages that will be sent
     */
    int skip(String topic, @Nullable String key, String who);

    /**
     * Gives up all messages of the key's queue for good.
     *
     * @param who the person or job that says so
     * @return messages that are gone
     */
    int discard(String topic, @Nullable String key, String who);
}
