package io.reliablemessaging.deadletter;

import io.reliablemessaging.schema.Schema;
import io.reliablemessaging.text.FailureText;
import io.reliablemessaging.wire.HeaderBytes;
import io.reliablemessaging.wire.WireMessage;
import java.sql.Types;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.core.simple.JdbcClient.StatementSpec;

/**
 * The messages that consumers set aside, byte for byte, with the reason and the number of attempts. Being rows, they
 * survive restarts, rebalances and exceptions that differ from one attempt to the next. All methods join the caller's
 * transaction, which has taken charge of the message in the inbox.
 */
public final class ParkedMessages {

    // Held until the caller's transaction ends, this keeps the key parked: EmptyKeys removes the row under a stronger
    // lock. The lock that a handler runs under does not conflict, so nobody waits for a slow handler here.
    private static final String IS_PARKED = """
            select 1 from reliable_messaging.parked_key
             where consumer_group = :group::text and topic = :topic::text and queue = :queue::uuid
               for key share
            """;

    private static final String KEYS = """
            select queue from reliable_messaging.parked_key where consumer_group = :group::text and topic = any (:topics::text[]) limit :limit::bigint
            """;

    private static final String PARK_KEY = """
            insert into reliable_messaging.parked_key (consumer_group, topic, queue, next_attempt_at, held)
            values (:group::text, :topic::text, :queue::uuid,
                    pg_catalog.clock_timestamp() + pg_catalog.make_interval(secs => :seconds::float8), :held::boolean)
            on conflict (consumer_group, topic, queue) do update set held = parked_key.held or excluded.held
            """;

    // There is such a row already if the consumer waits where it is instead of parking, and so comes here again with
    // the same message; it may be another one by now, with another ordering, that takes over the row and the attempts.
    private static final String INSERT = """
            insert into reliable_messaging.parked_message as m (consumer_group, topic, queue, message_id, source_partition,
                        source_offset, key, value, headers, published_at, state, attempts, uncounted, in_place,
                        error_class,
                        error_message, stack_trace)
            values (:group::text, :topic::text, :queue::uuid, :id::uuid, :partition::int, :offset::bigint, :key::bytea, :value::bytea, :headers::bytea, :publishedAt::timestamptz,
                        :state::text, :attempts::int,
                        :uncounted::int, :inPlace::boolean, :errorClass::text, :errorMessage::text, :stackTrace::text)
            on conflict (consumer_group, topic, message_id) do update
               set state = excluded.state,
                   queue = excluded.queue,
                   attempts = case when m.state = 'WAITING' then greatest(m.attempts, excluded.attempts)
                                   else excluded.attempts end,
                   uncounted = excluded.uncounted,
                   in_place = excluded.in_place,
                   error_class = coalesce(excluded.error_class, m.error_class),
                   error_message = case when excluded.error_class is null then m.error_message
                                        else excluded.error_message end,
                   stack_trace = case when excluded.error_class is null then m.stack_trace
                                      else excluded.stack_trace end,
                   updated_at = pg_catalog.clock_timestamp()
            """;

    private static final String HISTORY = """
            insert into reliable_messaging.parked_failure (parked_id, attempt, error_class, error_message)
            select id, attempts, error_class, error_message
              from reliable_messaging.parked_message
             where consumer_group = :group::text and topic = :topic::text and message_id = :id::uuid
            """;

    private static final String SPENT = """
            select attempts, uncounted from reliable_messaging.parked_message
             where consumer_group = :group::text and topic = :topic::text and message_id = :id::uuid and state = 'WAITING'
            """;

    private static final String REMOVE = """
            delete from reliable_messaging.parked_message
             where consumer_group = :group::text and topic = :topic::text and message_id = :id::uuid and state = 'WAITING'
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
                .param("topics", topics.toArray(String[]::new))
                .param("limit", limit + 1)
                .query((row, number) -> new QueueId(row.getObject(1, UUID.class)))
                .list());
        return keys.size() > limit ? Optional.empty() : Optional.of(keys);
    }

    /** Lets a message wait behind the earlier ones of its key, which {@link #isParked} has found. */
    public void append(ReceivedMessage message) {
        row(message, "WAITING", Spent.NOTHING, false, message.publishedAt())
                .param("errorClass", null)
                .param("errorMessage", null)
                .param("stackTrace", null)
                .update();
    }

    /** Parks a message, and with it its key, until it is due. A row of the same message that is there already is taken over. */
    public void park(ReceivedMessage message, Spent spent, FailureText failure, Duration delay) {
        insert(row(message, "WAITING", spent, false, publishedAt(message, failure)), message, failure);
        // its key may have been parked by somebody else meanwhile, and be at work: it must not wait for that
        if (!isParked(message)) {
            parkKey(message, delay, false);
        }
    }

    /** Notes a failure of a message that stays at the head of its partition. */
    public void keepInPlace(ReceivedMessage message, Spent spent, FailureText failure) {
        insert(row(message, "WAITING", spent, true, publishedAt(message, failure)), message, failure);
    }

    /** What a message has spent that stays at the head of its partition; empty if it has not failed. */
    public Optional<Spent> spent(ReceivedMessage message) {
        return sql(SPENT, message)
                .param("id", message.message().id().value())
                .query((row, number) -> new Spent(row.getInt(1), row.getInt(2)))
                .optional();
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
    public void makeDead(ReceivedMessage message, int attempts, FailureText failure, boolean hold) {
        insert(row(message, "DEAD", Spent.of(attempts), false, publishedAt(message, failure)), message, failure);
        if (hold) {
            parkKey(message, Duration.ZERO, true);
        }
    }

    // a failure that is told with the fewest columns is so because others did not fit
    private static @Nullable Instant publishedAt(ReceivedMessage message, FailureText failure) {
        return failure.isMinimal() ? null : message.publishedAt();
    }

    private void insert(StatementSpec row, ReceivedMessage message, FailureText failure) {
        row.param("errorClass", failure.type())
                .param("errorMessage", failure.message())
                .param("stackTrace", failure.stackTrace())
                .update();
        sql(HISTORY, message).param("id", message.message().id().value()).update();
    }

    private void parkKey(ReceivedMessage message, Duration delay, boolean held) {
        sql(PARK_KEY, message)
                .param("queue", message.queue().value())
                .param("seconds", Columns.seconds(delay))
                .param("held", held)
                .update();
    }

    private StatementSpec row(
            ReceivedMessage failed, String state, Spent spent, boolean inPlace, @Nullable Instant publishedAt) {
        WireMessage message = failed.message();
        return jdbc.sql(schema.in(INSERT))
                .param("group", failed.group())
                .param("topic", message.topic())
                .param("id", message.id().value())
                .param("queue", failed.queue().value())
                .param("partition", failed.partition())
                .param("offset", failed.offset())
                .param("key", message.key())
                .param("value", message.value())
                .param("headers", HeaderBytes.encode(message.headers()))
                .param(
                        "publishedAt",
                        publishedAt == null ? null : Columns.timestamp(publishedAt),
                        Types.TIMESTAMP_WITH_TIMEZONE)
                .param("state", state)
                .param("attempts", spent.attempts())
                .param("uncounted", spent.rounds())
                .param("inPlace", inPlace);
    }

    private StatementSpec sql(String statement, ReceivedMessage failed) {
        return jdbc.sql(schema.in(statement))
                .param("group", failed.group())
                .param("topic", failed.message().topic());
    }
}
