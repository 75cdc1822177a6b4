package io.reliablemessaging.relay;

import java.time.Duration;

/**
 * Something is left alone until a moment, and for longer the next time if it was in vain.
 *
 * @param until by the clock of {@link System#nanoTime()}
 * @param delay how long it is left alone
 */
record Hold(long until, Duration delay) {

    private static final Duration FIRST = Duration.ofSeconds(1);
    static final Duration LONGEST = Duration.ofSeconds(30);

    static Hold first(long now) {
        return of(FIRST, now);
    }

    /** It is not left alone, for now. */
    static Hold over(long now) {
        return new Hold(now, FIRST.dividedBy(2));
    }

    /** It failed again. Those that fail together, as the records of a batch do, fail once. */
    Hold again(long now) {
        if (isOn(now)) {
            return this;
        }
        Duration twice = delay.multipliedBy(2);
        return of(twice.compareTo(LONGEST) > 0 ? LONGEST : twice, now);
    }

    boolean isOn(long now) {
        return now - until < 0;
    }

    private static Hold of(Duration delay, long now) {
        return new Hold(now + delay.toNanos(), delay);
    }
}
