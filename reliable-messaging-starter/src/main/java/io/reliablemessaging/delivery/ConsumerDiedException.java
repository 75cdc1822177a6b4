package io.reliablemessaging.delivery;

/** Why a message is parked or dead whose handler never came back to fail. */
public final class ConsumerDiedException extends RuntimeException {

    public ConsumerDiedException(String message) {
        super(message);
    }
}
