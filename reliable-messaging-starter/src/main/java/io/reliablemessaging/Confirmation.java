package io.reliablemessaging;

import java.time.Instant;

/**
 * The broker's confirmation that a message is durable: all in-sync replicas have acknowledged it.
 *
 * @param id identity of the message
 * @param topic topic it was written to
 * @param partition partition it was written to
 * @param offset offset it was written at
 * @param timestamp the record's timestamp
 */
public record Confirmation(MessageId id, String topic, int partition, long offset, Instant timestamp) {}
