package io.reliablemessaging.faults;

import java.util.UUID;

/**
 * What a handler has left in the database.
 *
 * @param id in the order of the commits, among those of one group, topic and key
 * @param group consumer group
 * @param topic topic it was read from
 * @param key key
 * @param token what the bank calls the message
 * @param attempt number of the handler's call
 * @param instance where it ran
 */
record Effect(long id, String group, String topic, String key, UUID token, int attempt, String instance) {}
