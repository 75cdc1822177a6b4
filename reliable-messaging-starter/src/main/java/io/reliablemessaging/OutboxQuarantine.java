package io.reliablemessaging;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads and commands quarantined messages: the broker has refused them for good (as too large for the topic, for example), or they
 * wait behind a refused message of their topic and key. Other keys are not affected. Fix the cause, then call {@link
 * #release(String, String, String, String)}; or discard the first message with {@link #skip(String, String, String, String)}, or
 * all of them with {@link #discard(String, String, String, String)}. Every command is recorded in table {@code
 * operation_log}.
 *
 * <p>A key that is text is shown and named as it is. A key that is not text (other senders' dead letters can have one: bytes that
 * are not UTF-8, or NUL) is shown and named as {@code \x} and its bytes in hex. So is a text that itself looks like that.
 */
public interface OutboxQuarantine {

    /** Lists all quarantined keys, the oldest first. */
    List<QuarantinedKey> find();

    /**
     * Sends the key's messages again, in order and before any newer one of the key. If one is refused again, it and the later ones
     * stay in quarantine.
     *
     * @param who the person or job that gives the command
     * @return how many messages will be sent
     */
    int release(String topic, @Nullable String key, String who);

    /**
     * Sends the key's messages again like {@link #release(String, String, String)}, and records why.
     *
     * @param reason why; stored for later readers
     * @param who the person or job that gives the command
     * @return how many messages will be sent
     */
    default int release(String topic, @Nullable String key, String reason, String who) {
        throw new UnsupportedOperationException("release");
    }

    /**
     * Discards the first message of the key for good, and releases the later ones.
     *
     * @param who the person or job that gives the command
     * @return how many messages will be sent
     */
    int skip(String topic, @Nullable String key, String who);

    /**
     * Discards the first message of the key for good, and releases the later ones like {@link #skip(String, String, String)}, and records why.
     *
     * @param reason why; stored for later readers
     * @param who the person or job that gives the command
     * @return how many messages will be sent
     */
    default int skip(String topic, @Nullable String key, String reason, String who) {
        throw new UnsupportedOperationException("skip");
    }

    /**
     * Discards all messages of the key for good.
     *
     * @param who the person or job that gives the command
     * @return how many messages were discarded
     */
    int discard(String topic, @Nullable String key, String who);

    /**
     * Discards all messages of the key for good like {@link #discard(String, String, String)}, and records why.
     *
     * @param reason why; stored for later readers
     * @param who the person or job that gives the command
     * @return how many messages were discarded
     */
    default int discard(String topic, @Nullable String key, String reason, String who) {
        throw new UnsupportedOperationException("discard");
    }
}
