package io.reliablemessaging;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Everything that is stored about one dead letter or parked message.
 *
 * @param letter the entry as lists show it
 * @param payload its payload, byte for byte; null for a tombstone
 * @param originalPayload its payload as it was received, if a person has edited the message since
 * @param headers its headers as text; of several headers with one name, the last one
 * @param stackTrace stack trace of the last exception
 * @param failures its failures, the first one first
 * @param actions what people did to it, the first action first
 * @param originalHeaders its headers as they were received, as text, if a person has edited the message since; null otherwise, and
 *     null if only an earlier release has edited it, which could not change headers
 */
@SuppressWarnings("ArrayRecordComponent") // shown, never compared
public record DeadLetterDetails(
        DeadLetter letter,
        byte @Nullable [] payload,
        byte @Nullable [] originalPayload,
        Map<String, String> headers,
        @Nullable String stackTrace,
        List<Failure> failures,
        List<Action> actions,
        @Nullable Map<String, String> originalHeaders) {

    /** Creates the details of a message whose headers no person has changed. */
    public DeadLetterDetails(
            DeadLetter letter,
            byte @Nullable [] payload,
            byte @Nullable [] originalPayload,
            Map<String, String> headers,
            @Nullable String stackTrace,
            List<Failure> failures,
            List<Action> actions) {
        this(letter, payload, originalPayload, headers, stackTrace, failures, actions, null);
    }

    /**
     * Describes what people have edited since the message was received, one line for each place: {@code /amount: 5 -> 7} in JSON,
     * {@code header currency: added "EUR"}. Bounded: long values are cut, at most 100 lines are listed, and of a payload of more
     * than 256 kB only the first byte that differs is named. Empty if nothing was edited.
     */
    public List<String> differences() {
        return letter.edited()
                ? MessageDifference.between(
                        originalPayload, payload, Objects.requireNonNullElse(originalHeaders, headers), headers)
                : List.of();
    }

    /**
     * A failed attempt.
     *
     * @param at when it failed
     * @param attempt its number; each redrive starts counting at 1 again
     * @param errorClass class of the exception
     * @param errorMessage message of the exception
     * @param fingerprint the fault, see {@link FailureGroup}; null if an earlier release has stored the failure
     */
    public record Failure(
            Instant at,
            int attempt,
            String errorClass,
            @Nullable String errorMessage,
            @Nullable String fingerprint) {}

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
