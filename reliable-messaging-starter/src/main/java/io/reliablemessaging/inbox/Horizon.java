package io.reliablemessaging.inbox;

import java.time.Instant;

/**
 * Tells which records of a partition the inbox may have forgotten. A record below that it does not remember is a duplicate; at
 * or above, it is new, however old it is. To be asked after the inbox row was inserted.
 *
 * @param forgottenUntil the first offset whose message is remembered, if the group has taken charge of it
 * @param goodUntil until when that is known: a row that is made after it was asked lives longer than that. Whoever was stopped
 *     for longer must ask again before anything else is handled
 */
public record Horizon(long forgottenUntil, Instant goodUntil) {

    /** Whether a record that the inbox does not remember was taken charge of, all the same. */
    public boolean isForgotten(long offset) {
        return offset < forgottenUntil;
    }

    /** Whether the horizon may have moved on, unknown to us. */
    public boolean isOutdated(Instant now) {
        return now.isAfter(goodUntil);
    }
}
