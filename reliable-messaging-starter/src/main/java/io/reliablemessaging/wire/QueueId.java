package io.reliablemessaging.wire;

import io.reliablemessaging.MessageId;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Identifies a queue in which messages wait in order: the messages of a key, or a single message that has no key or whose group keeps no order.
 *
 * @param value hash of the key, or the message's id
 */
public record QueueId(UUID value) {

    /** Computes the queue of a message. */
    public static QueueId of(byte @Nullable [] key, MessageId id) {
        if (key == null) {
            return new QueueId(id.value());
        }
        try {
            ByteBuffer hash = ByteBuffer.wrap(MessageDigest.getInstance("MD5").digest(key));
            return new QueueId(new UUID(hash.getLong(), hash.getLong()));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java has MD5", e);
        }
    }
}
