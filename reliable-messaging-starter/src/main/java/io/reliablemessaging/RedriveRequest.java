package io.reliablemessaging;

import io.reliablemessaging.DeadLetter.State;
import org.jspecify.annotations.Nullable;

/**
 * Says which dead letters a {@link RedriveJob} sends to their handlers again, and how.
 *
 * <pre>{@code
 * RedriveRequest.of(DeadLetterQuery.dead().group("billing")).canary().perSecond(50)
 * }</pre>
 *
 * @param query selects the dead letters; those that become dead letters after the start of the job are left out
 * @param mode whether the job begins with a few
 * @param perSecond about how many are redriven in each second; null for as fast as they are handled
 * @param stopAbove the job stops when a larger share of the handled messages than this has failed again, from 0 to 1; null for never
 * @param mostRounds messages that were redriven so often before are left out; null for none
 */
public record RedriveRequest(
        DeadLetterQuery query,
        Mode mode,
        @Nullable Integer perSecond,
        @Nullable Double stopAbove,
        @Nullable Integer mostRounds) {

    /** How often a message may have been redriven before, so that a job still takes it, unless the request says otherwise. */
    public static final int DEFAULT_ROUNDS = 3;

    /** The share of failures above which a canary stops, unless the request says otherwise. */
    public static final double DEFAULT_STOP_ABOVE = 0.1;

    /** How a job begins. */
    public enum Mode {
        /** With all at once, as fast as the rate allows. */
        ALL,
        /** With one message, then ten, then the rest; each step begins only after all messages before have succeeded. */
        CANARY
    }

    /**
     * Checks the request.
     *
     * @throws IllegalArgumentException if a number is out of bounds, or if the query selects parked messages
     */
    public RedriveRequest {
        if (query.state() == State.WAITING) {
            throw new IllegalArgumentException(
                    "A job redrives dead letters, and the query selects messages that still wait for an attempt. Select dead letters");
        }
        if (perSecond != null && perSecond < 1) {
            throw new IllegalArgumentException(
                    "A rate of %d messages a second would never end; it must be at least 1".formatted(perSecond));
        }
        if (stopAbove != null && !(stopAbove >= 0 && stopAbove <= 1)) {
            throw new IllegalArgumentException(
                    "A share of %s of failures is out of bounds; it must be from 0 to 1".formatted(stopAbove));
        }
        if (mostRounds != null && mostRounds < 1) {
            throw new IllegalArgumentException(
                    "No message has been redriven fewer than %d times; the number of rounds must be at least 1"
                            .formatted(mostRounds));
        }
        query = query.state(State.DEAD);
    }

    /** Redrives all dead letters that match, except those that were redriven three times before. */
    public static RedriveRequest of(DeadLetterQuery query) {
        return new RedriveRequest(query, Mode.ALL, null, null, DEFAULT_ROUNDS);
    }

    /** Begins with one, then ten, then the rest, and stops when more than a tenth of the rest fails again. */
    public RedriveRequest canary() {
        return new RedriveRequest(
                query, Mode.CANARY, perSecond, stopAbove == null ? DEFAULT_STOP_ABOVE : stopAbove, mostRounds);
    }

    public RedriveRequest perSecond(@Nullable Integer wanted) {
        return new RedriveRequest(query, mode, wanted, stopAbove, mostRounds);
    }

    public RedriveRequest stopAbove(@Nullable Double wanted) {
        return new RedriveRequest(query, mode, perSecond, wanted, mostRounds);
    }

    public RedriveRequest mostRounds(@Nullable Integer wanted) {
        return new RedriveRequest(query, mode, perSecond, stopAbove, wanted);
    }
}
