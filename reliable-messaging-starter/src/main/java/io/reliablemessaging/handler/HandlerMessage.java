package io.reliablemessaging.handler;

import io.reliablemessaging.DryRun;
import io.reliablemessaging.IncomingMessage;
import io.reliablemessaging.wire.ReceivedMessage;
import io.reliablemessaging.wire.WireHeaders;
import io.reliablemessaging.wire.WireMessage;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.jspecify.annotations.Nullable;
import org.springframework.kafka.support.KafkaNull;
import org.springframework.messaging.Message;
import org.springframework.messaging.MessageHeaders;
import org.springframework.messaging.support.GenericMessage;

/**
 * The message of one call, as Spring's argument resolvers see it. Each form is made when a parameter needs it: most handlers
 * take only the payload. For one thread.
 */
final class HandlerMessage implements Message<Object> {

    private final ReceivedMessage received;
    private final int attempt;
    private final @Nullable Object value;
    private final Consumer<DryRun.Stage> reached;
    private @Nullable MessageHeaders headers;

    /**
     * Creates the message of a call.
     *
     * @param value the payload as the handler takes it; null for a tombstone
     */
    HandlerMessage(ReceivedMessage received, int attempt, @Nullable Object value) {
        this(received, attempt, value, stage -> {});
    }

    /**
     * Creates the message of a call whose stages are of interest.
     *
     * @param value the payload as the handler takes it; null for a tombstone
     * @param reached is told each stage that the call reaches
     */
    HandlerMessage(ReceivedMessage received, int attempt, @Nullable Object value, Consumer<DryRun.Stage> reached) {
        this.received = received;
        this.attempt = attempt;
        this.value = value;
        this.reached = reached;
    }

    /** Notes that the call has reached a stage. */
    void reach(DryRun.Stage stage) {
        reached.accept(stage);
    }

    ReceivedMessage received() {
        return received;
    }

    int attempt() {
        return attempt;
    }

    @Nullable
    Object value() {
        return value;
    }

    /** Returns the payload as Spring Kafka does: {@link KafkaNull} for a tombstone. */
    @Override
    public Object getPayload() {
        return value == null ? KafkaNull.INSTANCE : value;
    }

    @Override
    public MessageHeaders getHeaders() {
        if (headers == null) {
            headers = new Identified(
                    DeliveryHeaders.all(this),
                    received.message().id().value(),
                    received.publishedAt().toEpochMilli());
        }
        return headers;
    }

    Message<Object> generic() {
        return new GenericMessage<>(getPayload(), getHeaders());
    }

    IncomingMessage<Object> incoming() {
        WireMessage message = received.message();
        return new IncomingMessage<>(
                message.id(),
                message.topic(),
                received.partition(),
                received.offset(),
                textKey(),
                WireHeaders.asText(message.headers()),
                value,
                attempt,
                received.publishedAt());
    }

    /**
     * Creates a record with copies of the message's bytes: the original is needed for the next attempt.
     *
     * @param bytesOfKey whether its key is bytes instead of text
     * @param bytesOfValue whether its value is the received bytes instead of the payload
     */
    ConsumerRecord<Object, Object> record(boolean bytesOfKey, boolean bytesOfValue) {
        WireMessage message = received.message();
        byte[] key = message.key();
        byte[] bytes = message.value();
        return new ConsumerRecord<>(
                message.topic(),
                received.partition(),
                received.offset(),
                received.publishedAt().toEpochMilli(),
                TimestampType.NO_TIMESTAMP_TYPE,
                key == null ? ConsumerRecord.NULL_SIZE : key.length,
                bytes == null ? ConsumerRecord.NULL_SIZE : bytes.length,
                bytesOfKey ? copy(key) : textKey(),
                bytesOfValue ? copy(bytes) : value,
                copy(message.headers()),
                Optional.empty());
    }

    private @Nullable String textKey() {
        byte[] key = received.message().key();
        return key == null ? null : new String(key, StandardCharsets.UTF_8);
    }

    private static byte @Nullable [] copy(byte @Nullable [] bytes) {
        return bytes == null ? null : bytes.clone();
    }

    private static Headers copy(Headers headers) {
        RecordHeaders copy = new RecordHeaders();
        for (Header header : headers) {
            copy.add(header.key(), copy(header.value()));
        }
        return copy;
    }

    /** Names the message without its content: Spring puts messages into exceptions. */
    @Override
    public String toString() {
        return "message " + received.message().id();
    }

    /** Headers with the message's own id and time, where Spring would generate them. */
    private static final class Identified extends MessageHeaders {

        Identified(Map<String, Object> headers, UUID id, long timestamp) {
            super(headers, id, timestamp);
        }
    }
}
