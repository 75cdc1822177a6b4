package io.reliablemessaging.deadletter;

/**
 * The attempts that a parked message has used.
 *
 * @param attempts failures that were counted
 * @param rounds how often in a row it was parked since then without counting a failure, after a lock conflict for example
 */
public record Spent(int attempts, int rounds) {

    static final Spent NOTHING = new Spent(0, 0);

    /** Creates a number of attempts, the last of which was counted. */
    public static Spent of(int attempts) {
        return new Spent(attempts, 0);
    }
}
