package io.reliablemessaging.publish;

import io.reliablemessaging.MessageId;
import io.reliablemessaging.MessagePublisher;
import io.reliablemessaging.OutgoingMessage;
import io.reliablemessaging.dryrun.DryRunGuard;
import io.reliablemessaging.payload.MessageEncoder;
import io.reliablemessaging.tracing.MessageTracing;
import io.reliablemessaging.tracing.ObservedStep;
import io.reliablemessaging.wire.WireMessage;
import java.util.function.Supplier;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.jspecify.annotations.Nullable;

/** Publishes messages: encodes each one at once and adds it to the current transaction. */
final class OutboxPublisher implements MessagePublisher {

    private final Outbox outbox;
    private final MessageEncoder encoder;
    private final Supplier<PublishPreflight> preflight;
    private final @Nullable BacklogGuard guard;
    private final MessageTracing tracing;

    /**
     * Creates a publisher.
     *
     * @param preflight checks for each message whether its topic would take it
     * @param guard may refuse each message; null if there is none. Dead letters do not come this way and are never
     *     refused
     */
    OutboxPublisher(
            Outbox outbox,
            MessageEncoder encoder,
            Supplier<PublishPreflight> preflight,
            @Nullable BacklogGuard guard,
            MessageTracing tracing) {
        this.guard = guard;
        this.tracing = tracing;
        this.outbox = outbox;
        this.encoder = encoder;
        this.preflight = preflight;
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
        if (guard != null) {
            guard.admit(message.topic());
        }
        Headers trace = new RecordHeaders();
        ObservedStep observedStep =
                DryRunGuard.isActive() ? ObservedStep.NOTHING : tracing.publishing(message.topic(), trace);
        Throwable failure = null;
        try {
            MessageId id = append(message, trace);
            observedStep.message(id);
            return id;
        } catch (RuntimeException | Error e) {
            failure = e;
            throw e;
        } finally {
            observedStep.end(failure);
        }
    }

    private MessageId append(OutgoingMessage message, Headers trace) {
        WireMessage encoded = encoder.encode(message, trace);
        preflight.get().check(encoded);
        outbox.append(encoded, message.deliverAt());
        return encoded.id();
    }
}
