package io.reliablemessaging.operations;

import io.reliablemessaging.Trouble.Kind;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A trouble, before it is known when it was first noticed.
 *
 * @param kind what sort of trouble
 * @param where what it concerns
 * @param what what is known about it
 * @param since when it began, if whoever met it has told
 */
record Sign(Kind kind, String where, String what, @Nullable Instant since) {

    Sign(Kind kind, String where, String what) {
        this(kind, where, what, null);
    }

    /** Whether both say the same of the same thing. */
    boolean isAbout(Sign other) {
        return kind == other.kind() && where.equals(other.where());
    }
}
