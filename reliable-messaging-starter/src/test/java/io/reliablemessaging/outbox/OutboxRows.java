package io.reliablemessaging.outbox;

import io.reliablemessaging.MessageId;
import io.reliablemessaging.quarantine.TopicKey;
import io.reliablemessaging.wire.WireMessage;
import java.nio.charset.StandardCharsets;
import java.util.UUID;
import org.apache.kafka.common.header.internals.RecordHeaders;

/** Rows of the outbox for tests without a database. */
public final class OutboxRows {

    private OutboxRows() {}

    /** A row of lane 0. */
    public static OutboxRecord row(long id, String topic, String key) {
        return row(0, id, topic, key);
    }

    public static OutboxRecord row(int lane, long id, String topic, String key) {
        WireMessage message = new WireMessage(
                new MessageId(new UUID(lane, id)), topic, null, bytes(key), new byte[1], new RecordHeaders());
        return new OutboxRecord(lane, id, message, 0);
    }

    public static TopicKey key(String topic, String key) {
        return TopicKey.of(topic, key.getBytes(StandardCharsets.UTF_8));
    }

    private static byte[] bytes(String key) {
        return key == null ? null : key.getBytes(StandardCharsets.UTF_8);
    }
}
