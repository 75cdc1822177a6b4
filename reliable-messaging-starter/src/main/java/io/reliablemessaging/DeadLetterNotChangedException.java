package io.reliablemessaging;

/** Thrown if a command cannot change a dead letter: it is in another state than the command needs, or is in use right now. Nothing was changed. */
public class DeadLetterNotChangedException extends RuntimeException {

    public DeadLetterNotChangedException(String message) {
        super(message);
    }

    public DeadLetterNotChangedException(String message, Throwable cause) {
        super(message, cause);
    }
}
