package io.reliablemessaging.outbox;

import io.reliablemessaging.InvalidMessageException;
import io.reliablemessaging.MessageId;
import io.reliablemessaging.MessagePublisher;
import io.reliablemessaging.OutgoingMessage;
import io.reliablemessaging.wire.PayloadCodec;
import io.reliablemessaging.wire.WireHeaders;
import io.reliablemessaging.wire.WireMessage;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.jspecify.annotations.Nullable;

/** Turns a message into bytes at once, so that a bad payload fails its publisher and not the relay. */
final class OutboxPublisher implements MessagePublisher {

    private final Outbox outbox;
    private final PayloadCodec codec;
    private final long maxRequestSize;
    private final Clock clock;

    OutboxPublisher(Outbox outbox, PayloadCodec codec, long maxRequestSize, Clock clock) {
        this.outbox = outbox;
        this.codec = codec;
        this.maxRequestSize = maxRequestSize;
        this.clock = clock;
    }

    @Override
    public MessageId publish(String topic, @Nullable Object payload) {
        return publish(OutgoingMessage.to(topic).payload(payload).build());
    }

    @Override
    public MessageId publish(String topic, @Nullable String key, @Nullable Object payload) {
        return publish(OutgoingMessage.to(topic).key(key).payload(payload).build());
    }

    @Override
    public MessageId publish(OutgoingMessage message) {
        WireMessage bytes = serialised(message, clock.instant());
        outbox.append(bytes);
        return bytes.id();
    }

    private WireMessage serialised(OutgoingMessage message, Instant now) {
        MessageId id = message.id() == null ? MessageId.at(now) : message.id();
        Headers headers = new RecordHeaders();
        message.headers().forEach((name, value) -> WireHeaders.put(headers, name, value));
        byte[] value = encoded(message, headers);
        WireHeaders.put(headers, WireHeaders.MESSAGE_ID, id.toString());
        WireHeaders.put(headers, WireHeaders.PUBLISHED_AT, Long.toString(now.toEpochMilli()));
        byte[] key = message.key() == null ? null : message.key().getBytes(StandardCharsets.UTF_8);
        return fitting(new WireMessage(id, message.topic(), message.partition(), key, value, headers));
    }

    private byte @Nullable [] encoded(OutgoingMessage message, Headers headers) {
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
        if (message.size() > maxRequestSize) {
            throw new InvalidMessageException(
                    "Message to topic %s has %d bytes, %d more than max.request.size allows; send a reference instead,"
                                    .formatted(message.topic(), message.size(), message.size() - maxRequestSize)
                            + " or raise spring.kafka.producer.properties.max.request.size and the topic's"
                            + " max.message.bytes");
        }
        return message;
    }
}
