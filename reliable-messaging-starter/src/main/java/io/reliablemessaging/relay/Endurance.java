package io.reliablemessaging.relay;

import io.reliablemessaging.reachability.FailureLog;
import io.reliablemessaging.text.LoggedFailure;
import org.jspecify.annotations.Nullable;

/**
 * Lets a thread of the relay go on after anything, an Error of a library too, which would end it without a word: what it does
 * is done in pieces, and what a piece throws is told. After an OutOfMemoryError, telling it may fail as well.
 */
final class Endurance {

    private final String what;
    private final FailureLog failures;
    private volatile @Nullable Throwable met;

    /** A piece of work. */
    interface Piece {

        void work() throws Exception;
    }

    /**
     * Makes one for a thread.
     *
     * @param what says what does not work when a piece fails
     */
    Endurance(String what, FailureLog failures) {
        this.what = what;
        this.failures = failures;
    }

    /** Does a piece of work, and returns whether it went well. Throws nothing, whatever happens. */
    boolean did(Piece piece) {
        try {
            piece.work();
            works();
            return true;
        } catch (Throwable t) {
            met = t; // first: this takes no memory
            tell(t);
            return false;
        }
    }

    /** What a piece does that may last has begun to work. */
    void works() {
        met = null;
        failures.worked();
    }

    private void tell(Throwable thrown) {
        try {
            failures.failed(thrown);
        } catch (Throwable again) {
            met = thrown; // trouble() says it
        }
    }

    /** The Error that the last piece has met; null if there was none. Failures of other kinds explain themselves elsewhere. */
    @Nullable
    String trouble() {
        return met instanceof Error error ? what + ": " + LoggedFailure.line(error) : null;
    }
}
