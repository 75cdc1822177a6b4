package io.reliablemessaging.listener;

/** Why a message is parked or dead whose handler never came back to fail. */
final class ConsumerDiedException extends RuntimeException {

    ConsumerDiedException(String message) {
        super(message);
    }
}
