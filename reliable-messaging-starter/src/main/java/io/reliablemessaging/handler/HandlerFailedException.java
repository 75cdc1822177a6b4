package io.reliablemessaging.handler;

import java.util.Objects;

/** Carries what a handler threw through the transaction template, which knows no checked exceptions and no errors. */
public final class HandlerFailedException extends RuntimeException {

    HandlerFailedException(Throwable cause) {
        // not by its text: an exception's methods may throw, or return megabytes
        super("The handler has failed", cause);
    }

    /** What the handler threw, or the failure itself if it is not a handler's. */
    public static Throwable unwrapped(Throwable thrown) {
        return thrown instanceof HandlerFailedException ? Objects.requireNonNull(thrown.getCause()) : thrown;
    }
}
