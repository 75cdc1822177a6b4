package io.reliablemessaging;

import java.util.concurrent.CompletableFuture;

/**
 * Sends messages to Kafka directly, without a transaction, and confirms that they are durable. For messages that belong to
 * no database work; whatever belongs to some goes through {@link MessagePublisher}.
 *
 * <p>Transient errors are retried by the producer until {@code reliable-messaging.sender.timeout} is over. After that it is
 * not known whether the message was written; sending it again with the same id lets listeners drop the second.
 */
public interface MessageSender {

    /**
     * Sends a message and waits until all in-sync replicas have it.
     *
     * @throws MessageNotConfirmedException if that was not confirmed in time, or was refused
     * @throws InvalidMessageException if the message can never be sent
     */
    Confirmation send(OutgoingMessage message);

    /**
     * Sends a message. The future completes on a thread of the producer; do not block it.
     *
     * @return completes with the confirmation, or with a {@link MessageNotConfirmedException}
     * @throws InvalidMessageException if the message can never be sent
     */
    CompletableFuture<Confirmation> sendAsync(OutgoingMessage message);
}
