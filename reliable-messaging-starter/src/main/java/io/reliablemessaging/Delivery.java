package io.reliablemessaging;

/**
 * One arrival of a message at a consumer group.
 *
 * @param group the consumer group
 * @param id identity of the message
 * @param topic topic it was read from
 * @param partition partition it was read from
 * @param offset offset it was read from
 * @param attempt number of the handler's call, 1 for the first
 */
public record Delivery(String group, MessageId id, String topic, int partition, long offset, int attempt) {}
