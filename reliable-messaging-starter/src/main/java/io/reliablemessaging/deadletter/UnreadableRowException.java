package io.reliablemessaging.deadletter;

import io.reliablemessaging.UnrecoverableMessageException;

/** Thrown if a stored message cannot be read. A retry cannot help, so the message becomes a dead letter at once. */
public final class UnreadableRowException extends UnrecoverableMessageException {

    UnreadableRowException(String message, Throwable cause) {
        super(message, cause);
    }
}
