package io.reliablemessaging.delivery;

import io.reliablemessaging.deadletter.ReceivedMessage;
import java.time.Duration;

/**
 * A message as it was read from its topic.
 *
 * @param message the message
 * @param forgotten whether its offset is below the one up to which the inbox may have forgotten what it knew: everything there
 *     was taken charge of
 * @param suspect whether it may be one that ends the process
 * @param held how often in a row its delivery failed with what looked like an outage
 * @param heldFor how long ago the first of these failures was
 */
public record LiveMessage(ReceivedMessage message, boolean forgotten, boolean suspect, int held, Duration heldFor) {}
