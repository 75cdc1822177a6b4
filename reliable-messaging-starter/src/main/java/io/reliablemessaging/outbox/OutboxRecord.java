package io.reliablemessaging.outbox;

import io.reliablemessaging.wire.WireMessage;

/**
 * A row of the outbox: a committed message that waits for the broker's acknowledgement.
 *
 * @param lane lane whose owner sends it
 * @param id place in the lane
 * @param message what Kafka is to get
 */
public record OutboxRecord(int lane, long id, WireMessage message) {}
