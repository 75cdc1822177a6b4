package io.reliablemessaging.outbox;

import io.reliablemessaging.wire.WireMessage;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A message that a transaction has published.
 *
 * @param message what Kafka is to get
 * @param deliverAt earliest time to send it, or null for as soon as possible
 */
public record OutboxEntry(WireMessage message, @Nullable Instant deliverAt) {}
