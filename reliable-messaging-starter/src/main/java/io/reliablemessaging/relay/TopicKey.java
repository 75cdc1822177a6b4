package io.reliablemessaging.relay;

import java.nio.ByteBuffer;

/**
 * What order is kept in, and so what a refused message holds back.
 *
 * @param topic the topic
 * @param key the key's bytes
 */
record TopicKey(String topic, ByteBuffer key) {

    static TopicKey of(String topic, byte[] key) {
        return new TopicKey(topic, ByteBuffer.wrap(key));
    }
}
