package io.reliablemessaging.outbox;

import io.reliablemessaging.MessageId;
import io.reliablemessaging.MessagePublisher;
import io.reliablemessaging.OutgoingMessage;
import io.reliablemessaging.wire.MessageEncoder;
import io.reliablemessaging.wire.WireMessage;
import java.time.Instant;
import java.time.InstantSource;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Encodes a message at once and leaves it to the transaction. */
final class OutboxPublisher implements MessagePublisher {

    private final Outbox outbox;
    private final MessageEncoder encoder;
    private final Supplier<Preflight> preflight;
    private final InstantSource clock;
    private final @Nullable BacklogGuard guard;

    /**
     * Makes a publisher.
     *
     * @param preflight asked of each message whether its topic would take it
     * @param guard asked before each message, if there is one; dead letters, which do not come this way, are never refused
     */
    OutboxPublisher(
            Outbox outbox,
            MessageEncoder encoder,
            Supplier<Preflight> preflight,
            @Nullable BacklogGuard guard,
            InstantSource clock) {
        this.guard = guard;
        this.outbox = outbox;
        this.encoder = encoder;
        this.preflight = preflight;
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
        if (guard != null) {
            guard.admit(message.topic());
        }
        WireMessage encoded = encoder.encode(message);
        preflight.get().check(encoded);
        Instant deliverAt = message.deliverAt();
        outbox.append(encoded, deliverAt != null && deliverAt.isAfter(clock.instant()) ? deliverAt : null);
        return encoded.id();
    }
}
