package io.reliablemessaging.listener;

import io.reliablemessaging.retry.RedeliveryPolicy;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * How messages are handled.
 *
 * @param maxAttempts How often a handler is called for one message before it becomes a dead letter
 * @param backoff How long to wait between attempts
 */
@ConfigurationProperties("reliable-messaging.listener")
record ListenerProperties(
        @DefaultValue("5") int maxAttempts, @DefaultValue Backoff backoff) {

    /**
     * How long to wait between attempts.
     *
     * @param initialDelay Wait after the first failure
     * @param multiplier Factor from one wait to the next
     * @param maxDelay Longest wait
     */
    record Backoff(
            @DefaultValue("1s") Duration initialDelay,
            @DefaultValue("2") double multiplier,
            @DefaultValue("1m") Duration maxDelay) {}

    RedeliveryPolicy policy() {
        return new RedeliveryPolicy(maxAttempts, backoff.initialDelay(), backoff.multiplier(), backoff.maxDelay());
    }
}
