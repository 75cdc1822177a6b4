package io.reliablemessaging;

import org.jspecify.annotations.Nullable;

/**
 * Thrown by a handler that knows that no retry can help: the message becomes a dead letter at once. The handler's
 * transaction is rolled back.
 */
public class UnrecoverableMessageException extends RuntimeException {

    public UnrecoverableMessageException(String message) {
        super(message);
    }

    public UnrecoverableMessageException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
