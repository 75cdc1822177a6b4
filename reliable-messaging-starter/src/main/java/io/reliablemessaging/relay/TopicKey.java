package io.reliablemessaging.relay;

import java.nio.ByteBuffer;

/**
 * A key within a topic: messages of it are sent in order, and a refused one blocks the later ones.
 *
 * @param topic the topic
 * @param key the key's bytes
 */
record TopicKey(String topic, ByteBuffer key) {

    static TopicKey of(String topic, byte[] key) {
        return new TopicKey(topic, ByteBuffer.wrap(key));
    }
}
