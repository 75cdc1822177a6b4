package io.reliablemessaging.handler;

import io.reliablemessaging.Delivery;
import io.reliablemessaging.DryRun;
import io.reliablemessaging.MessagingObserver;
import io.reliablemessaging.UnrecoverableMessageException;
import io.reliablemessaging.payload.PayloadCodec;
import io.reliablemessaging.retry.FailureJudge;
import io.reliablemessaging.tracing.MessageTracing;
import io.reliablemessaging.tracing.ObservedStep;
import io.reliablemessaging.wire.ReceivedMessage;
import io.reliablemessaging.wire.WireMessage;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Calls a handler with a message. */
public final class Invocation {

    private final String listener;
    private final Handler handler;
    private final PayloadCodec codec;
    private final MessagingObserver observer;
    private final MessageTracing tracing;

    public Invocation(
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
     * @throws UnrecoverableMessageException if the message does not fit the handler's parameters
     * @throws HandlerFailedException around every exception of the handler
     */
    public void call(ReceivedMessage received, int attempt) {
        Delivery delivery = delivery(listener, received, attempt);
        ObservedStep observedStep =
                tracing.handling(delivery, received.message().headers());
        long begun = System.nanoTime();
        Throwable failure = null;
        try {
            observedStep.run(() -> guarded(() -> handle(received, attempt, stage -> {})));
        } catch (RuntimeException | Error e) {
            failure = HandlerFailedException.unwrapped(e);
            throw e;
        } finally {
            Duration took = Duration.ofNanos(System.nanoTime() - begun);
            observedStep.end(failure);
            observer.called(delivery, took, failure);
        }
    }

    /**
     * Calls the handler for a dry run: neither observers nor traces are told.
     *
     * @param reached is told each stage that the call reaches
     * @throws UnrecoverableMessageException if the message does not fit the handler's parameters
     * @throws HandlerFailedException around every exception of the handler
     */
    public void dryRun(ReceivedMessage received, int attempt, Consumer<DryRun.Stage> reached) {
        reached.accept(DryRun.Stage.CONVERSION);
        guarded(() -> handle(received, attempt, reached));
    }

    /**
     * Converts and validates a message as the handler's arguments, without calling the handler.
     *
     * @throws UnrecoverableMessageException if the message does not fit the handler's parameters
     * @throws HandlerFailedException around an exception of a resolver of the application
     */
    public void check(ReceivedMessage received, int attempt) {
        guarded(() -> handler.check(new HandlerMessage(received, attempt, payload(received.message()))));
    }

    private static void guarded(Runnable work) {
        try {
            work.run();
        } catch (Error e) {
            if (FailureJudge.isFatal(e)) {
                throw e;
            }
            throw new HandlerFailedException(
                    e); // reading a payload may overflow the stack, before the handler is called
        }
    }

    private void handle(ReceivedMessage received, int attempt, Consumer<DryRun.Stage> reached) {
        handler.handle(new HandlerMessage(received, attempt, payload(received.message()), reached));
    }

    /** Creates the description of a delivery that observers get. */
    public static Delivery delivery(String listener, ReceivedMessage received, int attempt) {
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
        return codec.decode(message.topic(), message.headers(), message.value(), handler.payloadType());
    }
}
