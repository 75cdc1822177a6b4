package io.reliablemessaging;

/** Thrown to the publisher of a message that could never be sent. Nothing was stored; fix the message. */
public class InvalidMessageException extends IllegalArgumentException {

    public InvalidMessageException(String message) {
        super(message);
    }

    public InvalidMessageException(String message, Throwable cause) {
        super(message, cause);
    }
}
