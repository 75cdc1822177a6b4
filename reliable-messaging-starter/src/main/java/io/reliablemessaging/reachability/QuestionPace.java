package io.reliablemessaging.reachability;

import java.time.Duration;

/**
 * Asks the database for at most a twentieth of the time: rows that vacuum may not remove yet make questions slow. Time that was
 * spent waiting for a database that was away does not count, or nobody would look for minutes after it. Of one thread.
 */
public final class QuestionPace {

    private static final int SHARE = 20;
    private static final long LONGEST_NANOS = Duration.ofMinutes(1).toNanos();

    private final Reachability postgres;
    private long next = System.nanoTime();

    public QuestionPace(Reachability postgres) {
        this.postgres = postgres;
    }

    /** Whether the next question may be asked at this moment of {@link System#nanoTime()}. */
    public boolean isDue(long now) {
        return now - next >= 0;
    }

    /** Takes note of how long a question took, whether it was answered or not. */
    public void asked(long begin, long end) {
        next = end + (postgres.isDisturbed() ? 0 : Math.min(LONGEST_NANOS, SHARE * (end - begin)));
    }
}
