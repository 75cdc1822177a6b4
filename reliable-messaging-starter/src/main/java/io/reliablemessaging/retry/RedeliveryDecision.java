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
     * Call the handler again after the time it asked for; the failure does not count.
     *
     * @param delay how long to wait
     */
    record Uncounted(Duration delay) implements RedeliveryDecision {}

    /**
     * Make it a dead letter.
     *
     * @param reason why no further attempt is made
     */
    record GiveUp(String reason) implements RedeliveryDecision {}
}
