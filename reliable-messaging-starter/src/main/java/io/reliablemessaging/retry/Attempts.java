package io.reliablemessaging.retry;

/**
 * Tells how often a message has failed.
 *
 * @param number number of the attempt that has just failed, 1 for the first
 * @param uncounted rounds before it that spent no attempt, because transactions had met; kept with the parked message
 */
public record Attempts(int number, int uncounted) {

    /** The attempt with that number of a message that no other transaction has got in the way of. */
    public static Attempts of(int number) {
        return new Attempts(number, 0);
    }
}
