package io.reliablemessaging;

/** Thrown if a dead letter cannot be edited in this way, such as to a payload that its handler could not take. Nothing was changed. */
public class EditRefusedException extends DeadLetterNotChangedException {

    public EditRefusedException(String message) {
        super(message);
    }

    public EditRefusedException(String message, Throwable cause) {
        super(message, cause);
    }
}
