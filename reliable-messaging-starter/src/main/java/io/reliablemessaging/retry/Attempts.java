package io.reliablemessaging.retry;

/**
 * The failures of a message until now.
 *
 * @param number number of the attempt that has just failed, 1 for the first
 * @param uncounted retries before it that spent no attempt, because transactions had met; stored with the parked message
 */
public record Attempts(int number, int uncounted) {

    /** Creates the attempt with that number, without uncounted retries. */
    public static Attempts of(int number) {
        return new Attempts(number, 0);
    }
}
