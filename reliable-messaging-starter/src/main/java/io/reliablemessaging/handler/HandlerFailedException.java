package io.reliablemessaging.handler;

import java.util.Objects;

/** Carries an exception of a handler out of the transaction, whose code knows no checked exceptions. */
public final class HandlerFailedException extends RuntimeException {

    HandlerFailedException(Throwable cause) {
        // without the cause's text: an exception's methods may throw, or return megabytes
        super("The handler has failed", cause);
    }

    /** Returns what the handler threw, or the failure itself if it is not from a handler. */
    public static Throwable unwrapped(Throwable thrown) {
        return thrown instanceof HandlerFailedException ? Objects.requireNonNull(thrown.getCause()) : thrown;
    }
}
