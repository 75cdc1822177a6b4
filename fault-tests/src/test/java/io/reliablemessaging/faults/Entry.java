package io.reliablemessaging.faults;

import java.util.UUID;

/**
 * A call of a handler, whatever came of it.
 *
 * @param group consumer group
 * @param token what the bank calls the message
 * @param attempt number of the call, as the handler was told
 * @param instance where it ran
 */
record Entry(String group, UUID token, int attempt, String instance) {}
