package io.reliablemessaging.metrics;

import java.util.Locale;

/** What became of a message that a group has received. */
enum Outcome {
    /** The handler's transaction has committed. */
    HANDLED,
    /** The group had taken charge of it before. */
    DUPLICATE,
    /** The handler failed and will be called again. */
    FAILED,
    /** It waits behind an earlier one of its key. */
    WAITING,
    /** It is a dead letter. */
    DEAD;

    String tag() {
        return name().toLowerCase(Locale.ROOT);
    }
}
