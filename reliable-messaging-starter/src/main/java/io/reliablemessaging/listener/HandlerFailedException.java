package io.reliablemessaging.listener;

import java.util.Objects;

/** Carries what a handler threw through the transaction template, which knows no checked exceptions. */
final class HandlerFailedException extends RuntimeException {

    HandlerFailedException(Throwable cause) {
        super(cause);
    }

    static Throwable unwrapped(Throwable thrown) {
        return thrown instanceof HandlerFailedException ? Objects.requireNonNull(thrown.getCause()) : thrown;
    }
}
