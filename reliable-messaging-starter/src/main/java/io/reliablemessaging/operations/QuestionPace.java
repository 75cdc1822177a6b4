package io.reliablemessaging.operations;

import io.reliablemessaging.reachability.Reachability;
import java.time.Duration;

/**
 * Asks the database for at most a twentieth of the time: rows that vacuum may not remove yet make questions slow. Time that was
 * spent waiting for a database that was away does not count, or nobody would look for minutes after it. Of one thread.
 */
final class QuestionPace {

    private static final int SHARE = 20;
    private static final long LONGEST_NANOS = Duration.ofMinutes(1).toNanos();

    private final Reachability postgres;
    private long next = System.nanoTime();

    QuestionPace(Reachability postgres) {
        this.postgres = postgres;
    }

    boolean isDue(long now) {
        return now - next >= 0;
    }

    void asked(long begin, long end) {
        next = end + (postgres.isDisturbed() ? 0 : Math.min(LONGEST_NANOS, SHARE * (end - begin)));
    }
}
