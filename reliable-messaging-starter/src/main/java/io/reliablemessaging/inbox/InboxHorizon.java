package io.reliablemessaging.inbox;

import java.time.Instant;

/**
 * The offset below which the inbox may have forgotten messages of a partition. A record below it that the inbox does not know is a
 * duplicate; a record at or above it is new, however old it is. Ask after the inbox row was inserted.
 *
 * @param forgottenUntil the first offset whose message the inbox still remembers, if the group has taken charge of it
 * @param goodUntil until when this is known to hold: rows inserted after the horizon was read live longer than that. A consumer that
 *     was stopped for longer must read it again before it handles anything
 */
public record InboxHorizon(long forgottenUntil, Instant goodUntil) {

    /** Tells whether the group has taken charge of a record that the inbox does not remember. */
    public boolean isForgotten(long offset) {
        return offset < forgottenUntil;
    }

    /** Tells whether the horizon may have moved without our knowledge. */
    public boolean isOutdated(Instant now) {
        return now.isAfter(goodUntil);
    }
}
