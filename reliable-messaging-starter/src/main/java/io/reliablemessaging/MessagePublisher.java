package io.reliablemessaging;

import org.jspecify.annotations.Nullable;

/**
 * Publishes messages as part of the caller's database transaction: they are stored in the outbox by the very commit
 * that stores the business data, and reach Kafka afterwards. If the transaction rolls back, or the savepoint after which they
 * were published, they are not sent.
 *
 * <p>Messages of one topic and key first appear on Kafka in the order in which their transactions committed, as long as
 * the transactions were ordered by the database (a row lock or a version column that both use).
 *
 * <p>The payload is serialised before the method returns, so later changes to the object have no effect, and a payload that
 * cannot be serialised fails its caller. {@code byte[]} and {@code String} payloads are sent as they are, everything else
 * is serialised by {@code spring.kafka.producer.value-serializer} if the application has set one, or else as JSON.
 *
 * <p>Messages of a transaction stay in the caller's memory until it commits, and are then stored by statements of 8 MB
 * at most. Split a transaction that would publish gigabytes.
 *
 * <p>All methods throw
 *
 * <ul>
 *   <li>{@link MessageNotPublishedException} if there is no writable, uncommitted transaction on the starter's data
 *       source, and
 *   <li>{@link InvalidMessageException} if the message can never be sent.
 * </ul>
 */
public interface MessagePublisher {

    /** Publishes a message without a key: it has no order with others. */
    MessageId publish(String topic, @Nullable Object payload);

    /** Publishes a message that keeps its order among those with the same topic and key. */
    MessageId publish(String topic, @Nullable String key, @Nullable Object payload);

    /**
     * Publishes a message with everything that {@link OutgoingMessage} can say.
     *
     * @return the id of the message: its own, or a new one if it has none
     */
    MessageId publish(OutgoingMessage message);
}
