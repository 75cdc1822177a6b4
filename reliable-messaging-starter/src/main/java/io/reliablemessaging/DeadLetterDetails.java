package io.reliablemessaging;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * All that is known of one dead letter.
 *
 * @param letter what lists show of it
 * @param payload its payload, byte for byte; null for a tombstone
 * @param originalPayload its payload as it was received, if a person has changed it since
 * @param headers its headers as text, the last one of each name
 * @param stackTrace stack trace of the last exception
 * @param failures its failures, the first one first
 * @param actions what people did about it, the first action first
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
     * @param attempt its number, from 1 again after each redrive
     * @param errorClass class of the exception
     * @param errorMessage what it said
     */
    public record Failure(
            Instant at,
            int attempt,
            String errorClass,
            @Nullable String errorMessage) {}

    /**
     * Something that a person did.
     *
     * @param at when
     * @param who the person or job
     * @param action what was done
     * @param reason why, if it was asked for
     */
    public record Action(
            Instant at, String who, String action, @Nullable String reason) {}
}
