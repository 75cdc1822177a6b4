package io.reliablemessaging.payload;

import io.reliablemessaging.InvalidMessageException;
import io.reliablemessaging.MessageId;
import io.reliablemessaging.OutgoingMessage;
import io.reliablemessaging.wire.Utf8;
import io.reliablemessaging.wire.WireHeaders;
import io.reliablemessaging.wire.WireMessage;
import java.time.Instant;
import java.time.InstantSource;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.utils.Utils;
import org.jspecify.annotations.Nullable;

/** Encodes a message into what Kafka gets, on the sender's thread, so that a bad payload fails the sender. */
public final class MessageEncoder {

    private static final int MOST_HEADER_BYTES = 1_048_576;

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
     * @param trace headers of the message's trace; they override headers of the message with the same name
     * @throws InvalidMessageException if it cannot be serialised or written as UTF-8, or is too large ever to be accepted
     */
    public WireMessage encode(OutgoingMessage message, Headers trace) {
        Instant now = clock.instant();
        MessageId id = message.id() == null ? MessageId.at(now) : message.id();
        Headers headers = new RecordHeaders();
        message.headers().forEach((name, value) -> put(headers, message.topic(), name, value));
        for (Header header : trace) {
            headers.remove(header.key());
            headers.add(header);
        }
        byte[] value = serialised(message, headers);
        WireHeaders.put(headers, WireHeaders.MESSAGE_ID, id.toString());
        WireHeaders.put(headers, WireHeaders.PUBLISHED_AT, Long.toString(now.toEpochMilli()));
        requireFittingHeaders(message.topic(), headers);
        byte[] key = message.key() == null ? null : Utf8.bytes(message.key(), message.topic(), "Key");
        return requireFitting(new WireMessage(id, message.topic(), message.partition(), key, value, headers));
    }

    private static void put(Headers headers, String topic, String name, String value) {
        byte[] unused = Utf8.bytes(name, topic, "Name of a header");
        headers.remove(name);
        headers.add(name, Utf8.bytes(value, topic, "Header '" + name + "'"));
    }

    // includes the trace and the serializer's headers: all headers
    // are read and sent together, whatever the payload's size
    private static void requireFittingHeaders(String topic, Headers headers) {
        long all = 0;
        long most = 0;
        String largest = "";
        for (Header header : headers) {
            long bytes = (long) Utils.utf8Length(header.key()) + (header.value() == null ? 0 : header.value().length);
            all += bytes;
            if (bytes > most) {
                most = bytes;
                largest = header.key();
            }
        }
        if (all > MOST_HEADER_BYTES) {
            throw new InvalidMessageException(
                    "Headers of a message to topic %s have %d bytes, and at most %d are allowed; the largest is '%s' with %d. Nothing was published; put the data into the payload"
                            .formatted(topic, all, MOST_HEADER_BYTES, shortened(largest), most));
        }
    }

    private static String shortened(String name) {
        return name.length() <= 100 ? name : name.substring(0, 100) + "...";
    }

    private byte @Nullable [] serialised(OutgoingMessage message, Headers headers) {
        try {
            return codec.encode(message.topic(), headers, message.payload());
        } catch (InvalidMessageException e) {
            throw e;
        } catch (RuntimeException e) {
            String type = message.payload() == null
                    ? "null"
                    : message.payload().getClass().getName();
            throw new InvalidMessageException(
                    "Payload of type %s for topic %s cannot be serialised; nothing was published%s"
                            .formatted(type, message.topic(), reason(e)),
                    e);
        }
    }

    // messages of other exceptions may quote the payload
    private static String reason(RuntimeException e) {
        Jackson2TreeException tree = Jackson2TreeException.in(e);
        return tree == null ? "" : ". " + tree.getMessage();
    }

    private WireMessage requireFitting(WireMessage message) {
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
