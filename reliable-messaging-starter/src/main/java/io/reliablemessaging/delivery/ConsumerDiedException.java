package io.reliablemessaging.delivery;

/**
 * Thrown for a message whose handler never returned because the process crashed or lost the message. The message is parked
 * or becomes a dead letter.
 */
public final class ConsumerDiedException extends RuntimeException {

    public ConsumerDiedException(String message) {
        super(message);
    }
}
