package io.reliablemessaging;

/**
 * Thrown if a message was not published because no transaction could store it: there is none, it is read-only or is being
 * completed, it is not on the data source that holds the outbox, or PostgreSQL has aborted it. The message says which.
 *
 * <p>This is deliberately no {@code TransactionException}: Spring does not roll back if it gets one of those while it
 * commits, so that the business data could be committed without the message.
 */
public class MessageNotPublishedException extends IllegalStateException {

    private static final long serialVersionUID = 1L;

    /** Describes what was refused, why, and what to do now. */
    public MessageNotPublishedException(String message) {
        super(message);
    }

    /** Describes what was refused, why, and what to do now. */
    public MessageNotPublishedException(String message, Throwable cause) {
        super(message, cause);
    }
}
