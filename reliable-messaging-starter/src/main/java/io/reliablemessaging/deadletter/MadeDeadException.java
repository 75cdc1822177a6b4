package io.reliablemessaging.deadletter;

/** Stands for a failure where a person has made a message a dead letter. */
final class MadeDeadException extends RuntimeException {

    MadeDeadException(String who, String reason) {
        super("Made a dead letter by %s: %s".formatted(who, reason), null, false, false);
    }
}
