package io.reliablemessaging.retry;

/**
 * The attempts that a parked message has used.
 *
 * @param attempts failures that were counted
 * @param rounds how often in a row it was parked since then without counting a failure, after a lock conflict for example
 */
public record SpentAttempts(int attempts, int rounds) {

    public static final SpentAttempts NOTHING = new SpentAttempts(0, 0);

    /** Creates a number of attempts, the last of which was counted. */
    public static SpentAttempts of(int attempts) {
        return new SpentAttempts(attempts, 0);
    }
}
