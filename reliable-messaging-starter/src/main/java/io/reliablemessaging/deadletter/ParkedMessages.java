package io.reliablemessaging.deadletter;

import io.reliablemessaging.failures.FailureGroups;
import io.reliablemessaging.retry.SpentAttempts;
import io.reliablemessaging.schema.Schema;
import io.reliablemessaging.text.FailureText;
import io.reliablemessaging.wire.HeaderBytes;
import io.reliablemessaging.wire.QueueId;
import io.reliablemessaging.wire.ReceivedMessage;
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
 * Stores messages that consumers have parked, byte for byte, with the reason and the number of attempts. As rows, they
 * survive restarts, rebalances and exceptions that differ from one attempt to the next. All methods join the caller's
 * transaction, which has taken charge of the message in the inbox.
 */
public final class ParkedMessages {

    // Held until the caller's transaction ends, this lock keeps the key parked: EmptyKeys
    // removes the row under a stronger lock. It does not conflict with the lock that a
    // handler runs under, so this never waits for a slow handler.
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

    // Such a row exists already if the consumer waits in place instead of parking, and so fails here again with the
    // same message; after a change of the ordering, the new consumer takes over the row and its attempts.
    private static final String INSERT = """
            insert into reliable_messaging.parked_message as m (consumer_group, topic, queue, message_id, source_partition,
                        source_offset, key, value, headers, published_at, state, attempts, uncounted, in_place,
                        error_class,
                        error_message, stack_trace, fingerprint)
            values (:group::text, :topic::text, :queue::uuid, :id::uuid, :partition::int, :offset::bigint, :key::bytea, :value::bytea, :headers::bytea, :publishedAt::timestamptz,
                        :state::text, :attempts::int,
                        :uncounted::int, :inPlace::boolean, :errorClass::text, :errorMessage::text, :stackTrace::text,
                        :fingerprint::text)
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
                   fingerprint = case when excluded.error_class is null then m.fingerprint
                                      else excluded.fingerprint end,
                   updated_at = pg_catalog.clock_timestamp()
            """;

    /**
     * Stores the failure of the message that {@code failed}, the first part of the statement, returns: id, attempts, error_class,
     * error_message, fingerprint. The first failure and the 20 newest ones are kept; those between are forgotten.
     */
    static final String STORE_FAILURE = """
            ), oldest as (
                select f.failed_at, f.attempt from reliable_messaging.parked_failure f join failed on failed.id = f.parked_id
                 order by f.failed_at, f.attempt limit 1
            ), newest as (
                select f.failed_at, f.attempt from reliable_messaging.parked_failure f join failed on failed.id = f.parked_id
                 order by f.failed_at desc, f.attempt desc offset 18 limit 1 -- with the new one, 20 stay
            ), forgotten as (
                delete from reliable_messaging.parked_failure f using failed, oldest, newest
                 where f.parked_id = failed.id
                   and (f.failed_at, f.attempt) > (oldest.failed_at, oldest.attempt)
                   and (f.failed_at, f.attempt) < (newest.failed_at, newest.attempt)
            )
            insert into reliable_messaging.parked_failure (parked_id, attempt, error_class, error_message, fingerprint)
            select id, attempts, error_class, error_message, fingerprint from failed
            """;

    private static final String HISTORY = """
            with failed as (
                select id, attempts, error_class, error_message, fingerprint
                  from reliable_messaging.parked_message
                 where consumer_group = :group::text and topic = :topic::text and message_id = :id::uuid
            """ + STORE_FAILURE;

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
    private final FailureGroups groups;

    ParkedMessages(DataSource dataSource, Schema schema, FailureGroups groups) {
        this.jdbc = JdbcClient.create(dataSource);
        this.schema = schema;
        this.groups = groups;
    }

    /** Keeps the key of a message parked until the transaction ends, if messages of the key wait; returns whether they do. */
    public boolean lockIfParked(ReceivedMessage message) {
        return sql(IS_PARKED, message)
                .param("queue", message.queue().value())
                .query(Integer.class)
                .optional()
                .isPresent();
    }

    /** Reads the parked keys of a group; empty if there are more than the limit. */
    public Optional<Set<QueueId>> keys(String group, Collection<String> topics, int limit) {
        Set<QueueId> keys = new HashSet<>(jdbc.sql(schema.in(KEYS))
                .param("group", group)
                .param("topics", topics.toArray(String[]::new))
                .param("limit", limit + 1)
                .query((row, number) -> new QueueId(row.getObject(1, UUID.class)))
                .list());
        return keys.size() > limit ? Optional.empty() : Optional.of(keys);
    }

    /** Parks a message behind the earlier ones of its key, which {@link #lockIfParked} has found. */
    public void append(ReceivedMessage message) {
        row(message, "WAITING", SpentAttempts.NOTHING, false, message.publishedAt())
                .param("errorClass", null)
                .param("errorMessage", null)
                .param("stackTrace", null)
                .param("fingerprint", null)
                .update();
    }

    /** Parks a message, and with it its key, until it is due. Takes over a row of the same message that exists already. */
    public void park(ReceivedMessage message, SpentAttempts spent, FailureText failure, Duration delay) {
        insert(row(message, "WAITING", spent, false, publishedAt(message, failure)), message, failure);
        // the key may have been parked by another consumer meanwhile,
        // and its handler may be running: do not wait for that
        if (!lockIfParked(message)) {
            parkKey(message, delay, false);
        }
    }

    /** Stores a failure of a message that stays at the head of its partition. */
    public void storeInPlace(ReceivedMessage message, SpentAttempts spent, FailureText failure) {
        insert(row(message, "WAITING", spent, true, publishedAt(message, failure)), message, failure);
    }

    /** Reads the used attempts of a message that stays at the head of its partition; empty if it has not failed. */
    public Optional<SpentAttempts> spent(ReceivedMessage message) {
        return sql(SPENT, message)
                .param("id", message.message().id().value())
                .query((row, number) -> new SpentAttempts(row.getInt(1), row.getInt(2)))
                .optional();
    }

    /** Deletes the row of a message whose handler has succeeded at the head of its partition. */
    public void remove(ReceivedMessage message) {
        sql(REMOVE, message).param("id", message.message().id().value()).update();
    }

    /**
     * Makes a message a dead letter of its group.
     *
     * @param hold whether the later messages of its key wait until a person decides
     */
    public void makeDead(ReceivedMessage message, int attempts, FailureText failure, boolean hold) {
        insert(
                row(message, "DEAD", SpentAttempts.of(attempts), false, publishedAt(message, failure)),
                message,
                failure);
        if (hold) {
            parkKey(message, Duration.ZERO, true);
        }
    }

    // a minimal failure text means that the other columns could not be stored
    private static @Nullable Instant publishedAt(ReceivedMessage message, FailureText failure) {
        return failure.isMinimal() ? null : message.publishedAt();
    }

    private void insert(StatementSpec row, ReceivedMessage message, FailureText failure) {
        row.param("errorClass", failure.type())
                .param("errorMessage", failure.message())
                .param("stackTrace", failure.stackTrace())
                .param(
                        "fingerprint",
                        groups.count(message.group(), message.message().topic(), failure))
                .update();
        sql(HISTORY, message).param("id", message.message().id().value()).update();
    }

    private void parkKey(ReceivedMessage message, Duration delay, boolean held) {
        sql(PARK_KEY, message)
                .param("queue", message.queue().value())
                .param("seconds", ColumnValues.seconds(delay))
                .param("held", held)
                .update();
    }

    private StatementSpec row(
            ReceivedMessage failed, String state, SpentAttempts spent, boolean inPlace, @Nullable Instant publishedAt) {
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
                        publishedAt == null ? null : ColumnValues.timestamp(publishedAt),
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
