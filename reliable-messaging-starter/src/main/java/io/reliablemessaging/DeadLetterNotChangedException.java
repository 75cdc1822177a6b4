package io.reliablemessaging;

/** A dead letter is not as a command needs it to be, or is in use at this moment: it was left as it is. */
public class DeadLetterNotChangedException extends RuntimeException {

    public DeadLetterNotChangedException(String message) {
        super(message);
    }

    public DeadLetterNotChangedException(String message, Throwable cause) {
        super(message, cause);
    }
}
