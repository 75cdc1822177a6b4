package io.reliablemessaging;

import java.util.concurrent.CompletableFuture;

/**
 * Sends messages to Kafka directly, without a transaction, and confirms that they are durable. Use it for messages that belong
 * to no database work; messages that belong to some go through {@link MessagePublisher}.
 *
 * <p>The producer retries transient errors for as long as {@code reliable-messaging.sender.timeout}. After that it is
 * not known whether the message was written; if it is sent again with the same id, listeners drop the second one.
 */
public interface MessageSender {

    /**
     * Sends a message and waits until all in-sync replicas have it.
     *
     * @throws MessageNotConfirmedException if Kafka did not confirm it in time, or refused it
     * @throws InvalidMessageException if the message can never be sent
     */
    Confirmation send(OutgoingMessage message);

    /**
     * Sends a message. The future completes on a thread of the producer; do not block it.
     *
     * @return a future that completes with the confirmation, or with a {@link MessageNotConfirmedException}
     * @throws InvalidMessageException if the message can never be sent
     */
    CompletableFuture<Confirmation> sendAsync(OutgoingMessage message);
}
