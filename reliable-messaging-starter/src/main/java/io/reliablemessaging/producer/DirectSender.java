package io.reliablemessaging.producer;

import io.reliablemessaging.Confirmation;
import io.reliablemessaging.InvalidMessageException;
import io.reliablemessaging.MessageNotConfirmedException;
import io.reliablemessaging.MessageSender;
import io.reliablemessaging.OutgoingMessage;
import io.reliablemessaging.dryrun.DryRunGuard;
import io.reliablemessaging.payload.MessageEncoder;
import io.reliablemessaging.text.DurationText;
import io.reliablemessaging.tracing.MessageTracing;
import io.reliablemessaging.tracing.ObservedStep;
import io.reliablemessaging.wire.AccessRefusal;
import io.reliablemessaging.wire.WireMessage;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.DisposableBean;

/**
 * Sends messages without a transaction, with a producer that is as safe as the relay's but gives up after a timeout.
 */
final class DirectSender implements MessageSender, DisposableBean {

    private static final String NO_DRY_RUN =
            "The handler was about to send a message by MessageSender, which no rollback takes back. Nothing was sent. Publish it by"
                    + " MessagePublisher, or try the message by redriving it";

    private final MessageEncoder encoder;
    private final Supplier<Producer<byte[], byte[]>> producers;
    private final Duration timeout;
    private final MessageTracing tracing;
    private final Lock lock = new ReentrantLock();
    private @Nullable Producer<byte[], byte[]> producer;

    /**
     * Creates the sender.
     *
     * @param producers opens its producer, with the settings of {@link #bounded}
     */
    DirectSender(
            MessageEncoder encoder,
            Supplier<Producer<byte[], byte[]>> producers,
            Duration timeout,
            MessageTracing tracing) {
        this.tracing = tracing;
        this.encoder = encoder;
        this.timeout = timeout;
        this.producers = producers;
    }

    // Bounds each wait, and so their sum by the timeout: a third for metadata, two thirds for delivery. With a full
    // buffer, send() waits for its third and then fails: this is the back-pressure, and nothing piles up.
    static Map<String, Object> bounded(Map<String, Object> safe, Duration timeout) {
        Map<String, Object> config = new HashMap<>(safe);
        int third = (int) Math.min(timeout.toMillis() / 3, Integer.MAX_VALUE / 2);
        config.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, third);
        config.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, third);
        config.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, 2 * third);
        return config;
    }

    @Override
    public Confirmation send(OutgoingMessage message) {
        try {
            return sendAsync(message).join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof MessageNotConfirmedException notConfirmed ? notConfirmed : e;
        }
    }

    @Override
    public CompletableFuture<Confirmation> sendAsync(OutgoingMessage message) {
        DryRunGuard.refuse(NO_DRY_RUN);
        if (message.deliverAt() != null) {
            throw new InvalidMessageException(
                    "A message that is sent directly cannot be delayed until %s: no table stores it. Publish it in"
                                    .formatted(message.deliverAt())
                            + " a transaction with MessagePublisher, or leave deliverAt out");
        }
        Headers trace = new RecordHeaders();
        ObservedStep observedStep = tracing.publishing(message.topic(), trace);
        CompletableFuture<Confirmation> confirmed;
        try {
            confirmed = send(encoder.encode(message, trace), observedStep);
        } catch (RuntimeException e) {
            observedStep.end(e);
            throw e;
        }
        var unused = confirmed.whenComplete((confirmation, failure) -> observedStep.end(failure));
        return confirmed;
    }

    private CompletableFuture<Confirmation> send(WireMessage encoded, ObservedStep observedStep) {
        observedStep.message(encoded.id());
        CompletableFuture<Confirmation> confirmed = new CompletableFuture<>();
        try {
            var unused = producer().send(RelayProducer.record(encoded), (metadata, failure) -> {
                if (failure == null) {
                    confirmed.complete(RelayProducer.confirmation(encoded, metadata));
                } else {
                    confirmed.completeExceptionally(notConfirmed(encoded, failure));
                }
            });
        } catch (RuntimeException e) {
            confirmed.completeExceptionally(notConfirmed(encoded, e));
        }
        return confirmed;
    }

    private MessageNotConfirmedException notConfirmed(WireMessage message, Exception cause) {
        String text = AccessRefusal.of(cause)
                .map(refusal -> "Message %s to topic %s was not sent: %s. Fix this before you retry"
                        .formatted(message.id(), message.topic(), refusal))
                .orElseGet(
                        () -> "Message %s to topic %s was not confirmed within %s: %s. Send it again with the same id"
                                .formatted(
                                        message.id(), message.topic(), DurationText.of(timeout), cause.getMessage()));
        return new MessageNotConfirmedException(message.id(), text, cause);
    }

    // opened with the first message: most applications never send directly
    private Producer<byte[], byte[]> producer() {
        lock.lock();
        try {
            if (producer == null) {
                producer = producers.get();
            }
            return producer;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void destroy() {
        lock.lock();
        try {
            if (producer != null) {
                producer.close(timeout);
                producer = null;
            }
        } finally {
            lock.unlock();
        }
    }
}
