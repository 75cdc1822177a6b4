package io.reliablemessaging;

import java.time.Duration;

/**
 * Nothing was published: messages committed before have been waiting for Kafka for too long, and the application was told not
 * to add to them ({@code reliable-messaging.outbox.reject-when-backlogged}). In a handler it costs no attempt: its message
 * waits and is handled again.
 */
public class OutboxBacklogException extends RetryLaterException {

    private static final long serialVersionUID = 1;

    public OutboxBacklogException(String message, Duration tryAgainIn) {
        super(message, tryAgainIn);
    }
}
