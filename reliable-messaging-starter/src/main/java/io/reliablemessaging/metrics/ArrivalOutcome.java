package io.reliablemessaging.metrics;

import java.util.Locale;

/** The outcome of a delivery to a group. */
enum ArrivalOutcome {
    /** The handler's transaction has committed. */
    HANDLED,
    /** The group had taken charge of it before. */
    DUPLICATE,
    /** The handler failed and will be called again. */
    FAILED,
    /** The message waits behind an earlier one of its key. */
    WAITING,
    /** The message is a dead letter. */
    DEAD;

    String tag() {
        return name().toLowerCase(Locale.ROOT);
    }
}
