package io.reliablemessaging.wire;

import io.reliablemessaging.MessageId;
import java.util.List;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.record.AbstractRecords;
import org.apache.kafka.common.record.CompressionType;
import org.apache.kafka.common.record.DefaultRecordBatch;
import org.apache.kafka.common.record.RecordBatch;
import org.apache.kafka.common.record.SimpleRecord;
import org.jspecify.annotations.Nullable;

/**
 * A message exactly as Kafka gets it.
 *
 * @param id identity of the message, also in the headers
 * @param topic topic to send to
 * @param partition partition to send to; null if the key decides
 * @param key key bytes; null if there is no key
 * @param value payload bytes; null for a tombstone
 * @param headers all headers
 */
@SuppressWarnings("ArrayRecordComponent") // carried, never compared
public record WireMessage(
        MessageId id,
        String topic,
        @Nullable Integer partition,
        byte @Nullable [] key,
        byte @Nullable [] value,
        Headers headers) {

    /** Returns roughly how many bytes it takes in memory and on the wire. */
    public int size() {
        int size = (key == null ? 0 : key.length) + (value == null ? 0 : value.length);
        for (var header : headers) {
            size += header.key().length() + (header.value() == null ? 0 : header.value().length);
        }
        return size;
    }

    /** Returns how many bytes a request with this message has, as the producer counts them against {@code max.request.size}. */
    public int requestBytes() {
        return AbstractRecords.estimateSizeInBytesUpperBound(
                RecordBatch.CURRENT_MAGIC_VALUE, CompressionType.NONE, key, value, headers.toArray());
    }

    /** Returns how many bytes a batch with only this message has uncompressed, as the broker counts them against {@code max.message.bytes}. */
    public int batchBytes() {
        return DefaultRecordBatch.sizeInBytes(
                List.of(new SimpleRecord(RecordBatch.NO_TIMESTAMP, key, value, headers.toArray())));
    }
}
