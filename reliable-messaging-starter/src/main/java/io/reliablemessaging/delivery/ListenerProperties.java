package io.reliablemessaging.delivery;

import io.reliablemessaging.Ordering;
import io.reliablemessaging.TransactionMode;
import io.reliablemessaging.settings.IllegalSettingException;
import io.reliablemessaging.settings.SettingBounds;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.ClassUtils;
import org.springframework.util.unit.DataSize;

/**
 * Properties of all listeners.
 *
 * @param maxAttempts How often a handler is called for one message before it becomes a dead letter
 * @param backoff How long to wait between attempts for a message
 * @param unrecoverable Exceptions that make a message a dead letter at once
 * @param onDead What becomes of the later messages of a key that has a dead letter
 * @param concurrency How many messages a listener handles at once, as far as the connection pool goes: all handlers together take one connection each (connections-per-handler) and leave two to others, so Hikari's default of 10 is enough for 8
 * @param ordering Which messages are handled in the order in which they were sent
 * @param transaction How many messages of a listener share a transaction
 * @param transactionTimeout How long the transaction around a handler may last, the handler's time included
 * @param handOverTimeout How long to wait for running handlers when a partition goes to another instance or the application stops
 * @param outageExceptions Exceptions that mean an outage of something that handlers need, and not the messages' fault, when messages of many keys meet them
 * @param maxOutage How long a listener waits for an outage of something that handlers need (outage-exceptions) before it counts failures as attempts
 * @param memory Memory for messages that were read and are not handled yet, over all listeners; a quarter of the heap by default
 * @param connectionsPerHandler How many connections of the pool a handler may use at once, its own transaction included
 * @param idHeader Header that holds the id of messages from other senders
 */
@ConfigurationProperties("reliable-messaging.listener")
public record ListenerProperties(
        @DefaultValue("5") int maxAttempts,
        @DefaultValue Backoff backoff,
        @DefaultValue List<String> unrecoverable,
        @DefaultValue("release") OnDead onDead,
        @DefaultValue("16") int concurrency,
        @DefaultValue("key") Ordering ordering,
        @DefaultValue("record") TransactionMode transaction,
        @DefaultValue("4m") Duration transactionTimeout,
        @DefaultValue("15s") Duration handOverTimeout,

        @DefaultValue({
            "java.net.ConnectException",
            "java.net.UnknownHostException",
            "java.net.NoRouteToHostException",
            "java.net.SocketTimeoutException"
        })
        List<String> outageExceptions,

        @DefaultValue("1h") Duration maxOutage,
        @Nullable DataSize memory,
        @DefaultValue("1") int connectionsPerHandler,
        @Nullable String idHeader) {

    private static final String PREFIX = "reliable-messaging.listener.";
    private static final int HEAP_PART = 4;
    private static final int MOST_CONNECTIONS = 100;

    static final int MOST_ATTEMPTS = 1_000_000;
    static final int MOST_AT_ONCE = 10_000;
    static final Duration SHORTEST_TRANSACTION = Duration.ofSeconds(1);
    static final Duration LONGEST_TRANSACTION = Duration.ofDays(1);

    public ListenerProperties {
        SettingBounds.require(PREFIX + "max-attempts", maxAttempts, 1, MOST_ATTEMPTS);
        backoff.require(PREFIX);
        SettingBounds.require(PREFIX + "concurrency", concurrency, 1, MOST_AT_ONCE);
        SettingBounds.require(
                PREFIX + "transaction-timeout", transactionTimeout, SHORTEST_TRANSACTION, LONGEST_TRANSACTION);
        SettingBounds.require(PREFIX + "hand-over-timeout", handOverTimeout, Duration.ZERO, Duration.ofHours(1));
        SettingBounds.require(PREFIX + "max-outage", maxOutage, Duration.ZERO, Duration.ofDays(30));
        SettingBounds.require(PREFIX + "memory", memory, DataSize.ofMegabytes(1));
        SettingBounds.require(PREFIX + "connections-per-handler", connectionsPerHandler, 1, MOST_CONNECTIONS);
        var unusedButChecked = List.of(
                types(PREFIX + "unrecoverable", unrecoverable), types(PREFIX + "outage-exceptions", outageExceptions));
    }

    /** Returns the bytes that messages may take that are read and not handled yet. */
    public long memoryBytes() {
        return memory != null ? memory.toBytes() : Runtime.getRuntime().maxMemory() / HEAP_PART;
    }

    List<Class<? extends Throwable>> unrecoverableTypes() {
        return types(PREFIX + "unrecoverable", unrecoverable);
    }

    List<Class<? extends Throwable>> outageTypes() {
        return types(PREFIX + "outage-exceptions", outageExceptions);
    }

    private static List<Class<? extends Throwable>> types(String property, List<String> names) {
        List<Class<? extends Throwable>> types = new ArrayList<>();
        for (String name : names) {
            try {
                types.add(ClassUtils.forName(name, null).asSubclass(Throwable.class));
            } catch (ClassNotFoundException | ClassCastException e) {
                throw new IllegalSettingException(
                        property,
                        name,
                        "names a class that is not an exception on the class path",
                        "Correct or remove it: the whole name with its package, such as java.net.ConnectException");
            }
        }
        return types;
    }

    /**
     * Back-off between attempts.
     *
     * @param initialDelay How long to wait after the first failure of a message
     * @param multiplier Factor between one wait for a failed message and the next
     * @param maxDelay Longest wait between two attempts for a message
     */
    public record Backoff(
            @DefaultValue("1s") Duration initialDelay,
            @DefaultValue("2") double multiplier,
            @DefaultValue("1m") Duration maxDelay) {

        private static final Duration LONGEST = Duration.ofDays(365);
        private static final int STEEPEST = 100;

        void require(String prefix) {
            SettingBounds.require(prefix + "backoff.initial-delay", initialDelay, Duration.ZERO, LONGEST);
            SettingBounds.require(prefix + "backoff.multiplier", multiplier, 1, STEEPEST);
            SettingBounds.require(prefix + "backoff.max-delay", maxDelay, Duration.ZERO, LONGEST);
            if (maxDelay.compareTo(initialDelay) < 0) {
                throw new IllegalSettingException(
                        prefix + "backoff.max-delay",
                        SettingBounds.text(maxDelay),
                        "is shorter than %sbackoff.initial-delay=%s"
                                .formatted(prefix, SettingBounds.text(initialDelay)),
                        "Set both: the wait grows from initial-delay to max-delay");
            }
        }
    }
}
