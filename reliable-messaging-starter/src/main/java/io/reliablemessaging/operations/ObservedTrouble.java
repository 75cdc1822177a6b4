package io.reliablemessaging.operations;

import io.reliablemessaging.Trouble.Kind;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A trouble as one part of the starter reports it, before it is known when it was first noticed.
 *
 * @param kind the kind of trouble
 * @param where what it concerns
 * @param what what is known about it
 * @param since when it began; null if the part that met it does not tell
 */
record ObservedTrouble(
        Kind kind, String where, String what, @Nullable Instant since) {

    ObservedTrouble(Kind kind, String where, String what) {
        this(kind, where, what, null);
    }

    /** Tells whether both concern the same kind of trouble at the same place. */
    boolean isAbout(ObservedTrouble other) {
        return kind == other.kind() && where.equals(other.where());
    }
}
