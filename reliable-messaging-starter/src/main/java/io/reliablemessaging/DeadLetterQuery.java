package io.reliablemessaging;

import io.reliablemessaging.DeadLetter.State;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Selects dead letters and parked messages. A condition that is null or left out selects all.
 *
 * <pre>{@code
 * DeadLetterQuery.dead().group("billing").topic("orders").errorClass("SocketTimeoutException")
 * }</pre>
 *
 * @param state their state
 * @param group consumer group that failed; group and topic together are one listener
 * @param topic topic they were read from
 * @param key their key, as {@link DeadLetter#key()} shows it
 * @param errorClass class of the last exception, with or without its package
 * @param fingerprint the fault of the last failure, as {@link FailureGroup#fingerprint()} shows it
 * @param words words that class or message of the last exception contain, all of them, in any order; punctuation separates words, and case
 *     does not matter
 * @param parkedAfter parked at this moment or later
 * @param parkedBefore parked before this moment
 * @param after only those with a higher {@link DeadLetter#id()}; for the next page, the last id of this page
 * @param limit at most so many, the lowest ids first
 */
public record DeadLetterQuery(
        @Nullable State state,
        @Nullable String group,
        @Nullable String topic,
        @Nullable String key,
        @Nullable String errorClass,
        @Nullable String fingerprint,
        @Nullable String words,
        @Nullable Instant parkedAfter,
        @Nullable Instant parkedBefore,
        long after,
        @Nullable Integer limit) {

    /**
     * Checks the limit and the words.
     *
     * @throws IllegalArgumentException if the limit is not positive, or if the words have neither letters nor digits
     */
    public DeadLetterQuery {
        if (limit != null && limit < 1) {
            throw new IllegalArgumentException(
                    "A limit of %d dead letters would find none; leave it out for no limit".formatted(limit));
        }
        if (words != null && words.codePoints().noneMatch(Character::isLetterOrDigit)) {
            throw new IllegalArgumentException(
                    "The words '%s' have neither letters nor digits and would find nothing; leave them out to find all"
                            .formatted(words));
        }
    }

    /** Selects by everything but fingerprint and words. */
    public DeadLetterQuery(
            @Nullable State state,
            @Nullable String group,
            @Nullable String topic,
            @Nullable String key,
            @Nullable String errorClass,
            @Nullable Instant parkedAfter,
            @Nullable Instant parkedBefore,
            long after,
            @Nullable Integer limit) {
        this(state, group, topic, key, errorClass, null, null, parkedAfter, parkedBefore, after, limit);
    }

    /** Selects the dead letters. */
    public static DeadLetterQuery dead() {
        return all().state(State.DEAD);
    }

    /** Selects the parked messages: they wait for another attempt, or behind another message of their key. */
    public static DeadLetterQuery waiting() {
        return all().state(State.WAITING);
    }

    /** Selects all parked messages and dead letters. */
    public static DeadLetterQuery all() {
        return new DeadLetterQuery(null, null, null, null, null, null, null, 0, null);
    }

    public DeadLetterQuery state(@Nullable State wanted) {
        return new DeadLetterQuery(
                wanted, group, topic, key, errorClass, fingerprint, words, parkedAfter, parkedBefore, after, limit);
    }

    public DeadLetterQuery group(@Nullable String wanted) {
        return new DeadLetterQuery(
                state, wanted, topic, key, errorClass, fingerprint, words, parkedAfter, parkedBefore, after, limit);
    }

    public DeadLetterQuery topic(@Nullable String wanted) {
        return new DeadLetterQuery(
                state, group, wanted, key, errorClass, fingerprint, words, parkedAfter, parkedBefore, after, limit);
    }

    public DeadLetterQuery key(@Nullable String wanted) {
        return new DeadLetterQuery(
                state, group, topic, wanted, errorClass, fingerprint, words, parkedAfter, parkedBefore, after, limit);
    }

    public DeadLetterQuery errorClass(@Nullable String wanted) {
        return new DeadLetterQuery(
                state, group, topic, key, wanted, fingerprint, words, parkedAfter, parkedBefore, after, limit);
    }

    public DeadLetterQuery fingerprint(@Nullable String wanted) {
        return new DeadLetterQuery(
                state, group, topic, key, errorClass, wanted, words, parkedAfter, parkedBefore, after, limit);
    }

    public DeadLetterQuery words(@Nullable String wanted) {
        return new DeadLetterQuery(
                state, group, topic, key, errorClass, fingerprint, wanted, parkedAfter, parkedBefore, after, limit);
    }

    public DeadLetterQuery parkedAfter(@Nullable Instant wanted) {
        return new DeadLetterQuery(
                state, group, topic, key, errorClass, fingerprint, words, wanted, parkedBefore, after, limit);
    }

    public DeadLetterQuery parkedBefore(@Nullable Instant wanted) {
        return new DeadLetterQuery(
                state, group, topic, key, errorClass, fingerprint, words, parkedAfter, wanted, after, limit);
    }

    public DeadLetterQuery after(long wanted) {
        return new DeadLetterQuery(
                state, group, topic, key, errorClass, fingerprint, words, parkedAfter, parkedBefore, wanted, limit);
    }

    public DeadLetterQuery limit(@Nullable Integer wanted) {
        return new DeadLetterQuery(
                state, group, topic, key, errorClass, fingerprint, words, parkedAfter, parkedBefore, after, wanted);
    }
}
