package io.reliablemessaging.listener;

import io.reliablemessaging.Delivery;
import io.reliablemessaging.IncomingMessage;
import io.reliablemessaging.UnrecoverableMessageException;
import io.reliablemessaging.deadletter.ReceivedMessage;
import io.reliablemessaging.wire.PayloadCodec;
import io.reliablemessaging.wire.WireHeaders;
import io.reliablemessaging.wire.WireMessage;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Calls a handler with a message. */
final class Invocation {

    private final Handler handler;
    private final PayloadCodec codec;

    Invocation(Handler handler, PayloadCodec codec) {
        this.handler = handler;
        this.codec = codec;
    }

    /**
     * Calls the handler.
     *
     * @throws UnrecoverableMessageException if the message cannot be what the handler takes
     * @throws HandlerFailedException around what the handler throws
     */
    void call(ReceivedMessage received, int attempt) {
        WireMessage message = received.message();
        IncomingMessage<?> incoming = new IncomingMessage<>(
                message.id(),
                message.topic(),
                received.partition(),
                received.offset(),
                message.key() == null ? null : new String(message.key(), StandardCharsets.UTF_8),
                WireHeaders.asText(message.headers()),
                payload(message),
                attempt,
                received.publishedAt());
        handler.handle(incoming, message.headers());
    }

    static Delivery delivery(ReceivedMessage received, int attempt) {
        return new Delivery(
                received.group(),
                received.message().id(),
                received.message().topic(),
                received.partition(),
                received.offset(),
                attempt);
    }

    private @Nullable Object payload(WireMessage message) {
        try {
            return codec.decode(message.topic(), message.headers(), message.value(), handler.payloadType());
        } catch (RuntimeException e) {
            throw new UnrecoverableMessageException(
                    "Payload cannot be read as " + handler.payloadType().getTypeName(), e);
        }
    }
}
