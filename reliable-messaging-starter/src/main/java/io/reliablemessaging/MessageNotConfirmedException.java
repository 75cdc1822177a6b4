package io.reliablemessaging;

/** Thrown if Kafka has not confirmed a message that was sent directly. The message may or may not have been written. */
public class MessageNotConfirmedException extends RuntimeException {

    private final MessageId id;

    public MessageNotConfirmedException(MessageId id, String message, Throwable cause) {
        super(message, cause);
        this.id = id;
    }

    /** Returns the message's id. Send the message again with the same id: if both are written, listeners drop the second one. */
    public MessageId id() {
        return id;
    }
}
