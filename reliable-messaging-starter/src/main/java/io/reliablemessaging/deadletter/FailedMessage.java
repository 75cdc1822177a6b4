package io.reliablemessaging.deadletter;

import io.reliablemessaging.wire.WireMessage;

/**
 * A message and why its handler failed.
 *
 * @param group the consumer group that failed
 * @param message the message, exactly as it was received
 * @param partition partition it was read from
 * @param offset offset it was read from
 * @param cause what the handler threw
 */
public record FailedMessage(String group, WireMessage message, int partition, long offset, Throwable cause) {}
