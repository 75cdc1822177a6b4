package io.reliablemessaging.wire;

import io.reliablemessaging.InvalidMessageException;
import io.reliablemessaging.MessageId;
import io.reliablemessaging.OutgoingMessage;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.jspecify.annotations.Nullable;

/** Turns a message into what Kafka gets, on its sender's thread: a bad payload fails the sender. */
public final class MessageEncoder {

    private final PayloadCodec codec;
    private final long maxRequestSize;
    private final InstantSource clock;

    MessageEncoder(PayloadCodec codec, long maxRequestSize, InstantSource clock) {
        this.codec = codec;
        this.maxRequestSize = maxRequestSize;
        this.clock = clock;
    }

    /**
     * Encodes a message, giving it an id if it has none.
     *
     * @param trace headers of the trace that it belongs to; they count more than what the message says of one
     * @throws InvalidMessageException if it cannot be serialised, or would never be accepted for its size
     */
    public WireMessage encode(OutgoingMessage message, Headers trace) {
        Instant now = clock.instant();
        MessageId id = message.id() == null ? MessageId.at(now) : message.id();
        Headers headers = new RecordHeaders();
        message.headers().forEach((name, value) -> WireHeaders.put(headers, name, value));
        for (Header header : trace) {
            headers.remove(header.key());
            headers.add(header);
        }
        byte[] value = serialised(message, headers);
        WireHeaders.put(headers, WireHeaders.MESSAGE_ID, id.toString());
        WireHeaders.put(headers, WireHeaders.PUBLISHED_AT, Long.toString(now.toEpochMilli()));
        byte[] key = message.key() == null ? null : message.key().getBytes(StandardCharsets.UTF_8);
        return fitting(new WireMessage(id, message.topic(), message.partition(), key, value, headers));
    }

    private byte @Nullable [] serialised(OutgoingMessage message, Headers headers) {
        try {
            return codec.encode(message.topic(), headers, message.payload());
        } catch (RuntimeException e) {
            String type = message.payload() == null
                    ? "null"
                    : message.payload().getClass().getName();
            throw new InvalidMessageException(
                    "Payload of type %s for topic %s cannot be serialised; nothing was published"
                            .formatted(type, message.topic()),
                    e);
        }
    }

    private WireMessage fitting(WireMessage message) {
        int bytes = message.requestBytes();
        if (bytes > maxRequestSize) {
            throw new InvalidMessageException(
                    "Message to topic %s has %d bytes, %d more than max.request.size allows; send a reference instead,"
                                    .formatted(message.topic(), bytes, bytes - maxRequestSize)
                            + " or raise spring.kafka.producer.properties.max.request.size and the topic's"
                            + " max.message.bytes");
        }
        return message;
    }
}
