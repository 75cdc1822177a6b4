package io.reliablemessaging.listener;

import io.reliablemessaging.retry.RedeliveryPolicy;
import java.util.Objects;

/** A message was neither handled nor set aside, and it is not to blame: it must be delivered again. */
final class NotDeliveredException extends RuntimeException {

    private final Reason reason;

    /** What it has to wait for. */
    enum Reason {
        /** Our database. */
        DATABASE,
        /** Something that handlers need. */
        REMOTE,
        /** Another transaction, a stopped consumer's perhaps, or an answer of the cluster: only this message waits. */
        MOMENT
    }

    NotDeliveredException(Reason reason, Throwable cause) {
        super(cause);
        this.reason = reason;
    }

    /** Because of what a transaction threw before the handler was called, or when its failure was to be noted. */
    static NotDeliveredException by(RuntimeException thrown) {
        return thrown instanceof NotDeliveredException known
                ? known
                : new NotDeliveredException(
                        RedeliveryPolicy.isConflict(thrown) ? Reason.MOMENT : Reason.DATABASE, thrown);
    }

    Reason reason() {
        return reason;
    }

    Throwable thrown() {
        return Objects.requireNonNull(getCause());
    }
}
