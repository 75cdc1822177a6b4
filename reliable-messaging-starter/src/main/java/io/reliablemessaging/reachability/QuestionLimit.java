package io.reliablemessaging.reachability;

import java.time.Duration;

/**
 * Limits questions to the database to a twentieth of the time: rows that vacuum may not remove yet make them slow. Time that was
 * spent waiting during an outage does not count, or no question would be asked for minutes after it. Not thread-safe.
 */
public final class QuestionLimit {

    private static final int SHARE = 20;
    private static final long LONGEST_NANOS = Duration.ofMinutes(1).toNanos();

    private final Reachability postgres;
    private long next = System.nanoTime();

    public QuestionLimit(Reachability postgres) {
        this.postgres = postgres;
    }

    /** Tells whether the next question may be asked at this {@link System#nanoTime()}. */
    public boolean isDue(long now) {
        return now - next >= 0;
    }

    /** Notes how long a question took, whether it was answered or not. */
    public void noteQuestion(long begin, long end) {
        next = end + (postgres.isDisturbed() ? 0 : Math.min(LONGEST_NANOS, SHARE * (end - begin)));
    }
}
