package io.reliablemessaging.delivery;

import io.reliablemessaging.Ordering;
import io.reliablemessaging.TransactionMode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.ClassUtils;
import org.springframework.util.unit.DataSize;

/**
 * How messages are handled.
 *
 * @param maxAttempts How often a handler is called for one message before it becomes a dead letter
 * @param backoff How long to wait between attempts
 * @param unrecoverable Exceptions that make a message a dead letter at once
 * @param onDead Whether the later messages of a key go on when one of them is dead
 * @param concurrency How many messages a listener handles at once
 * @param ordering What listeners keep in order
 * @param transaction How many messages share a transaction
 * @param transactionTimeout How long a transaction may last, the handler's time included
 * @param handOverTimeout How long to wait for running handlers when a partition goes to another instance or the application stops
 * @param outageExceptions Exceptions that, when many keys meet them, are an outage to wait for and not the messages' fault
 * @param maxOutage How long to wait for such an outage before attempts are spent
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

    public ListenerProperties {
        if (connectionsPerHandler < 1) {
            throw new IllegalArgumentException("%sconnections-per-handler is %d; each handler uses at least one"
                    .formatted(PREFIX, connectionsPerHandler));
        }
        if (memory != null && memory.toBytes() < 1) {
            throw new IllegalArgumentException(
                    "%smemory is %s; it must be more than nothing".formatted(PREFIX, memory));
        }
    }

    /** Bytes that messages may take which were read and are not handled yet. */
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
                throw new IllegalArgumentException(
                        "%s names %s, which is not an exception on the class path. Correct or remove it"
                                .formatted(property, name),
                        e);
            }
        }
        return types;
    }

    /**
     * How long to wait between attempts.
     *
     * @param initialDelay Wait after the first failure
     * @param multiplier Factor from one wait to the next
     * @param maxDelay Longest wait
     */
    public record Backoff(
            @DefaultValue("1s") Duration initialDelay,
            @DefaultValue("2") double multiplier,
            @DefaultValue("1m") Duration maxDelay) {}
}
