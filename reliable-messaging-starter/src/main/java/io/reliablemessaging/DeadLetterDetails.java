package io.reliablemessaging;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Everything that is stored about one dead letter or parked message.
 *
 * @param letter the entry as lists show it
 * @param payload its payload, byte for byte; null for a tombstone
 * @param originalPayload its payload as it was received, if a person has changed it since
 * @param headers its headers as text; of several headers with one name, the last one
 * @param stackTrace stack trace of the last exception
 * @param failures its failures, the first one first
 * @param actions what people did to it, the first action first
 */
@SuppressWarnings("ArrayRecordComponent") // shown, never compared
public record DeadLetterDetails(
        DeadLetter letter,
        byte @Nullable [] payload,
        byte @Nullable [] originalPayload,
        Map<String, String> headers,
        @Nullable String stackTrace,
        List<Failure> failures,
        List<Action> actions) {

    /**
     * A failed attempt.
     *
     * @param at when it failed
     * @param attempt its number; each redrive starts counting at 1 again
     * @param errorClass class of the exception
     * @param errorMessage message of the exception
     */
    public record Failure(
            Instant at,
            int attempt,
            String errorClass,
            @Nullable String errorMessage) {}

    /**
     * An action of a person.
     *
     * @param at when it was done
     * @param who the person or job that did it
     * @param action what was done
     * @param reason why; null if the command takes no reason
     */
    public record Action(
            Instant at, String who, String action, @Nullable String reason) {}
}
