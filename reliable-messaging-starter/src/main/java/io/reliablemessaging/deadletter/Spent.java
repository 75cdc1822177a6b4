package io.reliablemessaging.deadletter;

/**
 * Tells what a parked message has spent of its attempts.
 *
 * @param attempts failures that were counted
 * @param rounds how often in a row it was parked since without counting one: it had met another transaction, for example
 */
public record Spent(int attempts, int rounds) {

    static final Spent NOTHING = new Spent(0, 0);

    /** So many attempts, the last of which was counted. */
    public static Spent of(int attempts) {
        return new Spent(attempts, 0);
    }
}
