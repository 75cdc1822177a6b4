package io.reliablemessaging;

/** Thrown if a command finds no such delayed message: it was due and has left, was cancelled, or never existed. Nothing was changed. */
public class DelayedMessageNotChangedException extends RuntimeException {

    public DelayedMessageNotChangedException(String message) {
        super(message);
    }
}
