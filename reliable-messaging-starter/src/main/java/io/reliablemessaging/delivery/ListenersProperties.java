package io.reliablemessaging.delivery;

import io.reliablemessaging.Ordering;
import io.reliablemessaging.TransactionMode;
import io.reliablemessaging.settings.SettingBounds;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Properties of single listeners, where they differ from those of all listeners.
 *
 * @param listeners Settings of single listeners, by the id of the listener; what is not set is as in reliable-messaging.listener. An id with dots goes in brackets, such as listeners[Orders.on@billing].max-attempts
 */
@ConfigurationProperties("reliable-messaging")
public record ListenersProperties(@DefaultValue Map<String, Different> listeners) {

    public ListenersProperties {
        listeners.forEach((id, different) -> different.require("reliable-messaging.listeners[%s].".formatted(id)));
    }

    /**
     * Settings of one listener.
     *
     * @param maxAttempts How often the handler is called for one message before it becomes a dead letter
     * @param backoff How long to wait between attempts
     * @param onDead What becomes of the later messages of a key that has a dead letter
     * @param concurrency How many messages the listener handles at once, as far as the connection pool goes
     * @param ordering Which messages are handled in the order in which they were sent
     * @param transaction How many messages share a transaction
     * @param transactionTimeout How long a transaction may last, the handler's time included
     * @param dryRun Whether the handler has no effects outside the database of its transaction, so that a person may call it for a dry run
     */
    public record Different(
            @Nullable Integer maxAttempts,
            ListenerProperties.@Nullable Backoff backoff,
            @Nullable OnDead onDead,
            @Nullable Integer concurrency,
            @Nullable Ordering ordering,
            @Nullable TransactionMode transaction,
            @Nullable Duration transactionTimeout,
            @Nullable Boolean dryRun) {

        private void require(String prefix) {
            SettingBounds.require(prefix + "max-attempts", maxAttempts, 1, ListenerProperties.MOST_ATTEMPTS);
            if (backoff != null) {
                backoff.require(prefix);
            }
            SettingBounds.require(prefix + "concurrency", concurrency, 1, ListenerProperties.MOST_AT_ONCE);
            SettingBounds.require(
                    prefix + "transaction-timeout",
                    transactionTimeout,
                    ListenerProperties.SHORTEST_TRANSACTION,
                    ListenerProperties.LONGEST_TRANSACTION);
        }
    }
}
