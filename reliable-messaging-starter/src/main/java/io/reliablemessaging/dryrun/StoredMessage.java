package io.reliablemessaging.dryrun;

import io.reliablemessaging.wire.ReceivedMessage;

/**
 * A dead letter or parked message as it is stored.
 *
 * @param id its number
 * @param message the message as its handler gets it
 * @param attempt number of its next attempt
 * @param redriven how often it was redriven when it was read; an edit redrives it
 */
public record StoredMessage(long id, ReceivedMessage message, int attempt, int redriven) {}
