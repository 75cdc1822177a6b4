package io.reliablemessaging.operations;

import java.time.Duration;

/** Decides when a condition has lasted long enough to be reported. Not thread-safe. */
final class Debounce {

    private final Duration limit;
    private boolean on;
    private long since;

    Debounce(Duration limit) {
        this.limit = limit;
    }

    /**
     * Notes whether the condition holds now.
     *
     * @return whether it has held for longer than the limit
     */
    boolean update(boolean now, long nanos) {
        if (now && !on) {
            since = nanos;
        }
        on = now;
        return on && nanos - since > limit.toNanos();
    }
}
