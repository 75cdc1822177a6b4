package io.reliablemessaging.operations;

import java.time.Duration;

/** Something that is nothing to speak of unless it lasts. Of one thread. */
final class Patience {

    private final Duration limit;
    private boolean on;
    private long since;

    Patience(Duration limit) {
        this.limit = limit;
    }

    /**
     * Takes note of how it is now.
     *
     * @return whether it has been so for too long
     */
    boolean isOver(boolean now, long nanos) {
        if (now && !on) {
            since = nanos;
        }
        on = now;
        return on && nanos - since > limit.toNanos();
    }
}
