package io.reliablemessaging.quarantine;

import java.nio.ByteBuffer;

/**
 * A key within a topic: messages of it are sent in order, and a refused one blocks the later ones.
 *
 * @param topic the topic
 * @param key the key's bytes
 */
public record TopicKey(String topic, ByteBuffer key) {

    public static TopicKey of(String topic, byte[] key) {
        return new TopicKey(topic, ByteBuffer.wrap(key));
    }
}
