package io.reliablemessaging.faults;

import java.time.Instant;
import java.util.UUID;

/**
 * A record on Kafka.
 *
 * @param topic its topic
 * @param partition its partition
 * @param offset its offset
 * @param key its key
 * @param timestamp when it was sent
 * @param token what the bank calls the message in it
 */
record Appearance(String topic, int partition, long offset, String key, Instant timestamp, UUID token) {}
