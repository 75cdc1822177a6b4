package io.reliablemessaging.delivery;

import io.reliablemessaging.Ordering;
import io.reliablemessaging.ReliableListener;
import io.reliablemessaging.TransactionMode;
import io.reliablemessaging.retry.RedeliveryPolicy;
import io.reliablemessaging.settings.IllegalSettingException;
import io.reliablemessaging.settings.SettingBounds;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The settings of one listener: its own properties come first, then its annotation, then the properties of all listeners.
 *
 * @param id name of the listener
 * @param group its consumer group
 * @param concurrency how many messages it handles at once
 * @param ordering which messages it handles in order
 * @param transaction how many messages share a transaction
 * @param hold whether a dead letter holds its key
 * @param policy decides what follows a failure
 * @param transactionLimit how long a transaction may last
 * @param handOverLimit how long to wait for running handlers when a partition is handed over
 * @param outageTypes exceptions that, when many keys meet them, are an outage of something that the handler needs
 * @param maxOutage how long an outage may last before failures spend attempts
 * @param dryRun whether its handler may be called for a dry run
 */
public record ListenerSettings(
        String id,
        String group,
        int concurrency,
        Ordering ordering,
        TransactionMode transaction,
        boolean hold,
        RedeliveryPolicy policy,
        Duration transactionLimit,
        Duration handOverLimit,
        List<Class<? extends Throwable>> outageTypes,
        Duration maxOutage,
        boolean dryRun) {

    private static final ListenersProperties.Different NOTHING =
            new ListenersProperties.Different(null, null, null, null, null, null, null, null);

    public ListenerSettings {
        SettingBounds.require(setting(id, "concurrency"), concurrency, 1, ListenerProperties.MOST_AT_ONCE);
        if (ordering == Ordering.NONE && transaction == TransactionMode.BATCH) {
            throw new IllegalSettingException(
                    setting(id, "transaction"),
                    "batch",
                    "does not go with ordering none: the cluster hands out its messages one at a time",
                    "Set 'transaction' to record, or choose another ordering");
        }
        if (ordering == Ordering.NONE && hold) {
            throw new IllegalSettingException(
                    setting(id, "on-dead"),
                    "hold",
                    "does not go with ordering none: later messages of a key do not wait for an earlier one",
                    "Set 'on-dead' of this listener to release, or choose another ordering");
        }
        if (ordering == Ordering.PARTITION && transaction == TransactionMode.BATCH) {
            throw new IllegalSettingException(
                    setting(id, "transaction"),
                    "batch",
                    "does not go with ordering partition: one failing message would be handled out of its order",
                    "Set 'transaction' to record, or choose ordering key");
        }
    }

    private static String setting(String id, String name) {
        return "reliable-messaging.listeners[%s].%s".formatted(id, name);
    }

    /** Returns how often the handler is called for one message before it becomes a dead letter. */
    public int maxAttempts() {
        return policy.maxAttempts();
    }

    /** Merges the settings of a listener. */
    public static ListenerSettings of(
            String id,
            String group,
            @Nullable ReliableListener annotation,
            ListenerProperties all,
            ListenersProperties single) {
        ListenersProperties.Different own = single.listeners().getOrDefault(id, NOTHING);
        ListenerProperties.Backoff backoff = Objects.requireNonNullElse(own.backoff(), all.backoff());
        return new ListenerSettings(
                id,
                group,
                first(
                        own.concurrency(),
                        annotation == null || annotation.concurrency() == 0 ? null : annotation.concurrency(),
                        all.concurrency()),
                first(own.ordering(), only(annotation == null ? null : annotation.ordering()), all.ordering()),
                first(own.transaction(), only(annotation == null ? null : annotation.transaction()), all.transaction()),
                first(own.onDead(), null, all.onDead()) == OnDead.HOLD,
                new RedeliveryPolicy(
                        first(own.maxAttempts(), null, all.maxAttempts()),
                        backoff.initialDelay(),
                        backoff.multiplier(),
                        backoff.maxDelay(),
                        all.unrecoverableTypes()),
                first(own.transactionTimeout(), null, all.transactionTimeout()),
                all.handOverTimeout(),
                all.outageTypes(),
                all.maxOutage(),
                first(own.dryRun(), null, false));
    }

    private static <T> T first(@Nullable T own, @Nullable T annotated, T all) {
        return own != null ? own : annotated != null ? annotated : all;
    }

    private static <T> @Nullable T only(T @Nullable [] values) {
        if (values == null || values.length == 0) {
            return null;
        }
        if (values.length > 1) {
            throw new IllegalArgumentException("@ReliableListener takes one %s, not %d"
                    .formatted(values[0].getClass().getSimpleName(), values.length));
        }
        return values[0];
    }
}
