package io.reliablemessaging;

/** Kafka did not confirm a message that was sent directly. It may or may not have been written. */
public class MessageNotConfirmedException extends RuntimeException {

    private final MessageId id;

    public MessageNotConfirmedException(MessageId id, String message, Throwable cause) {
        super(message, cause);
        this.id = id;
    }

    /** The message's id: send it again with the same, and listeners drop the second if both were written. */
    public MessageId id() {
        return id;
    }
}
