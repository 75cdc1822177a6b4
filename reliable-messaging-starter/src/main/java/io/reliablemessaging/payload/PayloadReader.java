package io.reliablemessaging.payload;

import io.reliablemessaging.UnrecoverableMessageException;
import io.reliablemessaging.payload.UnreadablePayloadException.Reading;
import java.util.function.Supplier;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.Deserializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;
import org.springframework.core.log.LogAccessor;
import org.springframework.kafka.support.serializer.DeserializationException;
import org.springframework.kafka.support.serializer.SerializationUtils;

/**
 * Reads payloads with the application's deserializer, and checks that the result is of the type that the
 * handler takes. The deserializer gets a copy of the headers, since some remove the headers that they have read, while the record is
 * read again at the next attempt and stored as it was received.
 */
final class PayloadReader implements AutoCloseable {

    private static final String PROPERTY = "spring.kafka.consumer.value-deserializer";
    // Spring Kafka's ErrorHandlingDeserializer hides its delegate's exception here, and returns null
    private static final String HIDDEN_FAILURE = "springDeserializerExceptionValue";
    private static final LogAccessor LOG =
            new LogAccessor(LoggerFactory.getLogger(PayloadReader.class).getName());

    private final SerdePool<Deserializer<Object>> deserializers;

    PayloadReader(SerdePool<Deserializer<Object>> deserializers) {
        this.deserializers = deserializers;
    }

    /**
     * Reads a payload.
     *
     * @throws UnrecoverableMessageException if the deserializer fails, or returns null or an object of another type
     */
    Object read(String topic, Headers received, byte[] bytes, PayloadType wanted) {
        Headers headers = new RecordHeaders(received);
        headers.remove(HIDDEN_FAILURE); // a sender's; after this, only the deserializer can have set it
        // no known deserializer changes its bytes, but some return a view of them, which the handler may change
        byte[] value = wanted.mayShareBytes() ? bytes.clone() : bytes;
        return deserializers.with(each -> read(
                () -> each.deserialize(topic, headers, value),
                headers,
                new Reading(value.length, received, wanted, each.getClass().getName())));
    }

    private static Object read(Supplier<@Nullable Object> deserializer, Headers headers, Reading reading) {
        PayloadType wanted = reading.wanted();
        Object payload;
        try {
            payload = deserializer.get();
        } catch (RuntimeException e) {
            throw UnreadablePayloadException.of(reading, e);
        }
        if (payload == null) {
            throw nothing(headers, reading);
        }
        if (!wanted.takes(payload)) {
            throw new UnrecoverableMessageException(
                    "The handler takes %s, but %s (%s) made %s of the payload; configure a deserializer for the handler's type, or let the handler take what it makes"
                            .formatted(
                                    wanted.name(),
                                    reading.reader(),
                                    PROPERTY,
                                    payload.getClass().getTypeName()));
        }
        return payload;
    }

    private static RuntimeException nothing(Headers headers, Reading reading) {
        Header hidden = headers.lastHeader(HIDDEN_FAILURE);
        if (hidden != null) {
            return UnreadablePayloadException.of(reading, hiddenFailure(hidden));
        }
        return new UnrecoverableMessageException(
                "%s (%s) returned null for a value of %d bytes, of which the handler takes %s; only a record without a value is a tombstone"
                        .formatted(
                                reading.reader(),
                                PROPERTY,
                                reading.size(),
                                reading.wanted().name()));
    }

    private static @Nullable Throwable hiddenFailure(Header hidden) {
        try {
            DeserializationException failure = SerializationUtils.byteArrayToDeserializationException(LOG, hidden);
            return failure == null ? null : failure.getCause();
        } catch (RuntimeException e) {
            return null; // a failure that cannot be read is still a failure
        }
    }

    @Override
    public void close() {
        deserializers.close();
    }
}
