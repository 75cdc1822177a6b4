package io.reliablemessaging.deadletter;

import io.reliablemessaging.schema.Schema;
import io.reliablemessaging.wire.HeaderBytes;
import io.reliablemessaging.wire.WireMessage;
import java.sql.Timestamp;
import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import javax.sql.DataSource;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.core.simple.JdbcClient.StatementSpec;

/**
 * The messages that consumers set aside, byte for byte, with the reason and the number of attempts. Being rows, they
 * survive restarts, rebalances and exceptions that differ from one attempt to the next. All methods join the caller's
 * transaction, which has taken charge of the message in the inbox.
 */
public final class ParkedMessages {

    // Held until the caller's transaction ends, this keeps the key parked: ParkedQueues removes the row under a
    // stronger
    // lock. The lock that a handler runs under does not conflict, so nobody waits for a slow handler here.
    private static final String IS_PARKED = """
            select 1 from reliable_messaging.parked_key
             where consumer_group = :group and topic = :topic and queue = :queue
               for key share
            """;

    private static final String KEYS = """
            select queue from reliable_messaging.parked_key where consumer_group = :group and topic in (:topics) limit :limit
            """;

    private static final String PARK_KEY = """
            insert into reliable_messaging.parked_key (consumer_group, topic, queue, next_attempt_at, held)
            values (:group, :topic, :queue, clock_timestamp() + make_interval(secs => :seconds), :held)
            on conflict (consumer_group, topic, queue) do update set held = parked_key.held or excluded.held
            """;

    private static final String INSERT = """
            insert into reliable_messaging.parked_message (consumer_group, topic, message_id, source_partition,
                        source_offset, key, value, headers, published_at, state, attempts, error_class, error_message,
                        stack_trace)
            values (:group, :topic, :id, :partition, :offset, :key, :value, :headers, :publishedAt, :state, :attempts,
                        :errorClass, :errorMessage, :stackTrace)
            """;

    // for a consumer that waits where it is instead of parking, and so comes here again with the same message
    private static final String AGAIN = """
            on conflict (consumer_group, topic, message_id) do update
               set state = excluded.state,
                   attempts = excluded.attempts,
                   error_class = excluded.error_class,
                   error_message = excluded.error_message,
                   stack_trace = excluded.stack_trace,
                   updated_at = clock_timestamp()
            """;

    private static final String HISTORY = """
            insert into reliable_messaging.parked_failure (parked_id, attempt, error_class, error_message)
            select id, attempts, error_class, error_message
              from reliable_messaging.parked_message
             where consumer_group = :group and topic = :topic and message_id = :id
            """;

    private static final String ATTEMPTS = """
            select attempts from reliable_messaging.parked_message
             where consumer_group = :group and topic = :topic and message_id = :id and state = 'WAITING'
            """;

    private static final String REMOVE = """
            delete from reliable_messaging.parked_message
             where consumer_group = :group and topic = :topic and message_id = :id and state = 'WAITING'
            """;

    private final JdbcClient jdbc;
    private final Schema schema;

    ParkedMessages(DataSource dataSource, Schema schema) {
        this.jdbc = JdbcClient.create(dataSource);
        this.schema = schema;
    }

    /** Whether messages of this one's key wait; if so, the key stays parked until the transaction ends. */
    public boolean isParked(ReceivedMessage message) {
        return sql(IS_PARKED, message)
                .param("queue", message.queue().value())
                .query(Integer.class)
                .optional()
                .isPresent();
    }

    /** The parked keys of a group, if they are not more than the limit. */
    public Optional<Set<QueueId>> keys(String group, Collection<String> topics, int limit) {
        Set<QueueId> keys = new HashSet<>(jdbc.sql(schema.in(KEYS))
                .param("group", group)
                .param("topics", topics)
                .param("limit", limit + 1)
                .query((row, number) -> new QueueId(row.getObject(1, UUID.class)))
                .list());
        return keys.size() > limit ? Optional.empty() : Optional.of(keys);
    }

    /** Lets a message wait behind the earlier ones of its key, which {@link #isParked} has found. */
    public void append(ReceivedMessage message) {
        row(schema.in(INSERT), message, "WAITING", 0)
                .param("errorClass", null)
                .param("errorMessage", null)
                .param("stackTrace", null)
                .update();
    }

    /** Parks a message, and with it its key, until it is due. */
    public void park(ReceivedMessage message, int attempts, Throwable cause, Duration delay) {
        insert(INSERT, message, "WAITING", attempts, cause);
        // without an order, its key may be parked and at work: it must not wait for that
        if (!isParked(message)) {
            parkKey(message, delay, false);
        }
    }

    /** Counts a failure of a message that stays at the head of its partition. */
    public void count(ReceivedMessage message, int attempts, Throwable cause) {
        insert(INSERT + AGAIN, message, "WAITING", attempts, cause);
    }

    /** Failures counted so far of a message that stays at the head of its partition; 0 if it has not failed. */
    public int attempts(ReceivedMessage message) {
        return sql(ATTEMPTS, message)
                .param("id", message.message().id().value())
                .query(Integer.class)
                .optional()
                .orElse(0);
    }

    /** Forgets a message whose handler has succeeded at the head of its partition. */
    public void remove(ReceivedMessage message) {
        sql(REMOVE, message).param("id", message.message().id().value()).update();
    }

    /**
     * Makes a message a dead letter of its group.
     *
     * @param hold whether the later messages of its key wait until a person decides
     */
    public void bury(ReceivedMessage message, int attempts, Throwable cause, boolean hold) {
        insert(INSERT + AGAIN, message, "DEAD", attempts, cause);
        if (hold) {
            parkKey(message, Duration.ZERO, true);
        }
    }

    private void insert(String statement, ReceivedMessage message, String state, int attempts, Throwable cause) {
        Failure failure = new Failure(cause);
        row(schema.in(statement), message, state, attempts)
                .param("errorClass", failure.type())
                .param("errorMessage", failure.message())
                .param("stackTrace", failure.stackTrace())
                .update();
        sql(HISTORY, message).param("id", message.message().id().value()).update();
    }

    private void parkKey(ReceivedMessage message, Duration delay, boolean held) {
        sql(PARK_KEY, message)
                .param("queue", message.queue().value())
                .param("seconds", delay.toMillis() / 1000.0)
                .param("held", held)
                .update();
    }

    private StatementSpec row(String statement, ReceivedMessage failed, String state, int attempts) {
        WireMessage message = failed.message();
        return jdbc.sql(statement)
                .param("group", failed.group())
                .param("topic", message.topic())
                .param("id", message.id().value())
                .param("partition", failed.partition())
                .param("offset", failed.offset())
                .param("key", message.key())
                .param("value", message.value())
                .param("headers", HeaderBytes.encode(message.headers()))
                .param("publishedAt", Timestamp.from(failed.publishedAt()))
                .param("state", state)
                .param("attempts", attempts);
    }

    private StatementSpec sql(String statement, ReceivedMessage failed) {
        return jdbc.sql(schema.in(statement))
                .param("group", failed.group())
                .param("topic", failed.message().topic());
    }
}
