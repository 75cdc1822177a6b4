package io.reliablemessaging.deadletter;

import io.reliablemessaging.UnrecoverableMessageException;

/** Says that a stored message cannot be read. No attempt can help, so its message becomes a dead letter at once. */
public final class UnreadableRowException extends UnrecoverableMessageException {

    UnreadableRowException(String message, Throwable cause) {
        super(message, cause);
    }
}
