package io.reliablemessaging.retry;

import java.time.Duration;

/** What to do with a message whose handler failed. */
public sealed interface RedeliveryDecision {

    /**
     * Call the handler again after a while.
     *
     * @param delay how long to wait
     */
    record After(Duration delay) implements RedeliveryDecision {}

    /**
     * Call the handler again after a while; the failure does not count.
     *
     * @param delay how long to wait
     * @param rounds what {@link Attempts#uncounted} is from now on; to be kept with the message
     */
    record Uncounted(Duration delay, int rounds) implements RedeliveryDecision {}

    /**
     * Make it a dead letter.
     *
     * @param reason why no further attempt is made
     */
    record GiveUp(String reason) implements RedeliveryDecision {}
}
