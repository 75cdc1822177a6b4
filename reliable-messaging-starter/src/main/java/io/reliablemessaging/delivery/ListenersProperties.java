package io.reliablemessaging.delivery;

import io.reliablemessaging.Ordering;
import io.reliablemessaging.TransactionMode;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * What is different for single listeners.
 *
 * @param listeners Settings of single listeners, by their id; what is not set is as for all listeners
 */
@ConfigurationProperties("reliable-messaging")
public record ListenersProperties(@DefaultValue Map<String, Different> listeners) {

    /**
     * Settings of one listener.
     *
     * @param maxAttempts How often the handler is called for one message before it becomes a dead letter
     * @param backoff How long to wait between attempts
     * @param onDead Whether the later messages of a key go on when one of them is dead
     * @param concurrency How many messages the listener handles at once
     * @param ordering What the listener keeps in order
     * @param transaction How many messages share a transaction
     * @param transactionTimeout How long a transaction may last, the handler's time included
     */
    public record Different(
            @Nullable Integer maxAttempts,
            ListenerProperties.@Nullable Backoff backoff,
            @Nullable OnDead onDead,
            @Nullable Integer concurrency,
            @Nullable Ordering ordering,
            @Nullable TransactionMode transaction,
            @Nullable Duration transactionTimeout) {}
}
