package io.reliablemessaging.dryrun;

import java.util.Objects;

/** Thrown in a dry run by what the rollback would not undo, before it is done. A handler that catches it does not change the outcome. */
public final class DryRunRefusedException extends RuntimeException {

    DryRunRefusedException(String reason) {
        super(reason);
    }

    /** Returns what was refused, and what to do. */
    public String reason() {
        return Objects.requireNonNull(getMessage());
    }
}
