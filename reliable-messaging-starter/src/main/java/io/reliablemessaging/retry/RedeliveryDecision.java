package io.reliablemessaging.retry;

import java.time.Duration;

/** Decision about a message whose handler failed. */
public sealed interface RedeliveryDecision {

    /**
     * Retry after a delay.
     *
     * @param delay how long to wait
     */
    record After(Duration delay) implements RedeliveryDecision {}

    /**
     * Retry after a delay; the failure does not count as an attempt.
     *
     * @param delay how long to wait
     * @param rounds the new value of {@link Attempts#uncounted}, to be stored with the message
     */
    record Uncounted(Duration delay, int rounds) implements RedeliveryDecision {}

    /**
     * Dead-letter the message.
     *
     * @param reason why no further attempt is made
     */
    record GiveUp(String reason) implements RedeliveryDecision {}
}
