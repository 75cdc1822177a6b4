package io.reliablemessaging;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads and commands delayed messages: those that were published with {@link OutgoingMessage.Builder#deliverAt} and are not due yet.
 * Every command is recorded in table {@code operation_log}, together with what it does or not at all. If a command and the moment at
 * which a message is due come together, one of them wins: the message is sent once, or not at all.
 */
public interface DelayedMessages {

    /** The most messages that {@link #find} returns at once. */
    int LARGEST_PAGE = 1000;

    /**
     * Finds delayed messages, in the order in which they were stored.
     *
     * @param topic topic they are meant for; null for all topics
     * @param key their key, as {@link DelayedMessage#key} shows it; null for all keys. Needs a topic
     * @param after only those with a higher {@link DelayedMessage#number}: 0, and for the next page the last number of this page
     * @param limit most messages to return, from 1 to {@link #LARGEST_PAGE}
     * @throws IllegalArgumentException if the limit is out of its bounds, or a key is given without a topic
     */
    List<DelayedMessage> find(@Nullable String topic, @Nullable String key, long after, int limit);

    /**
     * Sends a delayed message now: moves it to the outbox, from where it goes to Kafka as any other. Other delayed messages of its key
     * keep their times.
     *
     * @param reason why; stored for later readers
     * @param who the person or job that gives the command
     * @throws DelayedMessageNotChangedException if there is no such delayed message (any more)
     * @throws IllegalArgumentException if reason or name is missing
     */
    void sendNow(MessageId id, String reason, String who);

    /**
     * Cancels a delayed message: it is deleted and will never be sent. Other messages of its key are not affected.
     *
     * @param reason why; stored for later readers
     * @param who the person or job that gives the command
     * @throws DelayedMessageNotChangedException if there is no such delayed message (any more)
     * @throws IllegalArgumentException if reason or name is missing
     */
    void cancel(MessageId id, String reason, String who);
}
