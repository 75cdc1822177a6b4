package io.reliablemessaging.outbox;

import io.reliablemessaging.MessageId;
import io.reliablemessaging.MessagePublisher;
import io.reliablemessaging.OutgoingMessage;
import io.reliablemessaging.wire.MessageEncoder;
import io.reliablemessaging.wire.WireMessage;
import java.time.Instant;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/** Encodes a message at once and leaves it to the transaction. */
final class OutboxPublisher implements MessagePublisher {

    private final Outbox outbox;
    private final MessageEncoder encoder;
    private final InstantSource clock;

    OutboxPublisher(Outbox outbox, MessageEncoder encoder, InstantSource clock) {
        this.outbox = outbox;
        this.encoder = encoder;
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
        WireMessage encoded = encoder.encode(message);
        Instant deliverAt = message.deliverAt();
        outbox.append(encoded, deliverAt != null && deliverAt.isAfter(clock.instant()) ? deliverAt : null);
        return encoded.id();
    }
}
