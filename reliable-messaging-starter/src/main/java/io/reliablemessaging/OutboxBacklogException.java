package io.reliablemessaging;

import java.time.Duration;

/**
 * Thrown if nothing was published because committed messages have been waiting for Kafka for too long, and the application is set
 * not to add to them ({@code reliable-messaging.outbox.reject-when-backlogged}). In a handler it costs no attempt: the message
 * waits and is handled again.
 */
public class OutboxBacklogException extends RetryLaterException {

    private static final long serialVersionUID = 1;

    public OutboxBacklogException(String message, Duration tryAgainIn) {
        super(message, tryAgainIn);
    }
}
