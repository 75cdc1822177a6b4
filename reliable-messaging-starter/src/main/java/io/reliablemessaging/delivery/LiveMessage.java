package io.reliablemessaging.delivery;

import io.reliablemessaging.wire.ReceivedMessage;
import java.time.Duration;

/**
 * A message that was read from its topic.
 *
 * @param message the message
 * @param forgotten whether its offset is below the horizon: the group took charge of it, and the inbox may have forgotten it
 * @param suspect whether it may crash the process
 * @param outageFailures how many deliveries of it in a row failed with what looked like an outage
 * @param outageDuration how long ago the first of them was
 */
public record LiveMessage(
        ReceivedMessage message, boolean forgotten, boolean suspect, int outageFailures, Duration outageDuration) {}
