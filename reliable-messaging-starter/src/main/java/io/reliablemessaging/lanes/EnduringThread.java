package io.reliablemessaging.lanes;

import io.reliablemessaging.reachability.FailureLog;
import io.reliablemessaging.text.LoggedFailure;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a thread of the relay alive after any failure, also an Error of a library that would end the thread without a
 * log line. The thread's work is done in pieces, and failures of pieces are logged. After an OutOfMemoryError, the
 * logging may fail as well.
 */
public final class EnduringThread {

    private final String what;
    private final FailureLog failures;
    private volatile @Nullable Throwable lastThrown;

    /** A piece of work. */
    public interface Piece {

        void run() throws Exception;
    }

    /**
     * Creates one for a thread.
     *
     * @param what text that says what does not work when a piece fails
     */
    public EnduringThread(String what, FailureLog failures) {
        this.what = what;
        this.failures = failures;
    }

    /** Runs a piece of work and returns whether it succeeded. Never throws. */
    public boolean tryRun(Piece piece) {
        try {
            piece.run();
            noteWorking();
            return true;
        } catch (Throwable t) {
            noteFailure(t);
            return false;
        }
    }

    /** Notes and logs what a piece of work has thrown. Throws nothing. */
    void noteFailure(Throwable thrown) {
        lastThrown = thrown; // first: this takes no memory
        logFailure(thrown);
    }

    /** Notes that a long piece has begun to work. */
    void noteWorking() {
        lastThrown = null;
        failures.worked();
    }

    private void logFailure(Throwable thrown) {
        try {
            failures.failed(thrown);
        } catch (Throwable secondFailure) {
            lastThrown = thrown; // trouble() reports it
        }
    }

    /** Returns the Error of the last piece as text; null if there was none. Other failures are reported elsewhere. */
    @Nullable
    public String trouble() {
        return lastThrown instanceof Error error ? what + ": " + LoggedFailure.line(error) : null;
    }
}
