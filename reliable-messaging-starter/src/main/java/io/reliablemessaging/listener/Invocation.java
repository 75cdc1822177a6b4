package io.reliablemessaging.listener;

import io.reliablemessaging.Delivery;
import io.reliablemessaging.IncomingMessage;
import io.reliablemessaging.MessagingObserver;
import io.reliablemessaging.UnrecoverableMessageException;
import io.reliablemessaging.deadletter.ReceivedMessage;
import io.reliablemessaging.tracing.MessageTracing;
import io.reliablemessaging.tracing.Traced;
import io.reliablemessaging.wire.PayloadCodec;
import io.reliablemessaging.wire.WireHeaders;
import io.reliablemessaging.wire.WireMessage;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Calls a handler with a message. */
final class Invocation {

    private final String listener;
    private final Handler handler;
    private final PayloadCodec codec;
    private final MessagingObserver observer;
    private final MessageTracing tracing;

    Invocation(
            String listener, Handler handler, PayloadCodec codec, MessagingObserver observer, MessageTracing tracing) {
        this.listener = listener;
        this.handler = handler;
        this.codec = codec;
        this.observer = observer;
        this.tracing = tracing;
    }

    /**
     * Calls the handler.
     *
     * @throws UnrecoverableMessageException if the message cannot be what the handler takes
     * @throws HandlerFailedException around what the handler throws
     */
    void call(ReceivedMessage received, int attempt) {
        Delivery delivery = delivery(listener, received, attempt);
        Traced traced = tracing.handling(delivery, received.message().headers());
        long begun = System.nanoTime();
        Throwable failure = null;
        try {
            traced.run(() -> handle(received, attempt));
        } catch (RuntimeException | Error e) {
            failure = HandlerFailedException.unwrapped(e);
            throw e;
        } finally {
            Duration took = Duration.ofNanos(System.nanoTime() - begun);
            traced.end(failure);
            observer.called(delivery, took, failure);
        }
    }

    private void handle(ReceivedMessage received, int attempt) {
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

    static Delivery delivery(String listener, ReceivedMessage received, int attempt) {
        return new Delivery(
                listener,
                received.group(),
                received.message().id(),
                received.message().topic(),
                received.partition(),
                received.offset(),
                attempt,
                received.publishedAt());
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
