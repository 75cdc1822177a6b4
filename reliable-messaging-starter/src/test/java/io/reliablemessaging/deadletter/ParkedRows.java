package io.reliablemessaging.deadletter;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.reliablemessaging.DeadLetter.State;
import io.reliablemessaging.MessageId;
import io.reliablemessaging.schema.AutoCommitDataSource;
import io.reliablemessaging.wire.HeaderBytes;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Predicate;
import javax.sql.DataSource;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.TransactionTemplate;

/** The tables of parked messages as listeners leave them, and a drain that goes by the same locks. */
final class ParkedRows {

    final JdbcClient sql;
    private final TransactionTemplate transaction;

    ParkedRows(DataSource dataSource) {
        DataSource autoCommit = new AutoCommitDataSource(dataSource);
        this.sql = JdbcClient.create(autoCommit);
        this.transaction = new TransactionTemplate(new JdbcTransactionManager(autoCommit));
        transaction.setPropagationBehavior(TransactionDefinition.PROPAGATION_REQUIRES_NEW);
        transaction.setIsolationLevel(TransactionDefinition.ISOLATION_READ_COMMITTED);
    }

    void clear() {
        sql.sql("truncate reliable_messaging.parked_message, reliable_messaging.parked_key,"
                        + " reliable_messaging.parked_failure, reliable_messaging.inbox_message,"
                        + " reliable_messaging.operation_log")
                .update();
    }

    /** A message that has failed five times; its key is not held. */
    long dead(String group, String topic, String key) {
        return dead(group, topic, key, MessageId.at(Instant.EPOCH), new RecordHeaders(), "no stock");
    }

    long dead(String group, String topic, String key, MessageId message, Headers headers, String error) {
        long id = insert(group, topic, key, message, headers, State.DEAD, 5, error);
        for (int attempt = 1; attempt <= 5; attempt++) {
            sql.sql("insert into reliable_messaging.parked_failure (parked_id, attempt, error_class, error_message)"
                            + " values (?, ?, 'java.lang.IllegalStateException', ?)")
                    .params(id, attempt, error)
                    .update();
        }
        return id;
    }

    /** A message that has failed once, or that waits behind another. */
    long waiting(String group, String topic, String key) {
        boolean first =
                sql.sql("insert into reliable_messaging.parked_key (consumer_group, topic, queue, next_attempt_at)"
                                        + " values (?, ?, md5(?::bytea)::uuid, clock_timestamp() + interval '1 hour')"
                                        + " on conflict do nothing")
                                .params(group, topic, key.getBytes(UTF_8))
                                .update()
                        == 1;
        return insert(
                group,
                topic,
                key,
                MessageId.at(Instant.EPOCH),
                new RecordHeaders(),
                State.WAITING,
                first ? 1 : 0,
                first ? "not yet" : null);
    }

    /** The listener was told to hold keys. */
    void hold(String group, String topic, String key) {
        sql.sql("insert into reliable_messaging.parked_key (consumer_group, topic, queue, next_attempt_at, held)"
                        + " values (?, ?, md5(?::bytea)::uuid, clock_timestamp(), true)"
                        + " on conflict (consumer_group, topic, queue) do update set held = true")
                .params(group, topic, key.getBytes(UTF_8))
                .update();
    }

    private long insert(
            String group,
            String topic,
            String key,
            MessageId message,
            Headers headers,
            State state,
            int attempts,
            @Nullable String error) {
        sql.sql("insert into reliable_messaging.inbox_message (consumer_group, topic, message_id) values (?, ?, ?)")
                .params(group, topic, message.value())
                .update();
        return sql.sql("insert into reliable_messaging.parked_message (consumer_group, topic, message_id,"
                        + " source_partition, source_offset, key, value, headers, state, attempts, error_class,"
                        + " error_message, stack_trace) values (?, ?, ?, 2, 17, ?, ?, ?, ?, ?, ?, ?, ?) returning id")
                .params(
                        group,
                        topic,
                        message.value(),
                        key.getBytes(UTF_8),
                        ("payload of " + key).getBytes(UTF_8),
                        HeaderBytes.encode(headers),
                        state.name(),
                        attempts,
                        error == null ? null : "java.lang.IllegalStateException",
                        error,
                        error == null ? null : "java.lang.IllegalStateException: " + error)
                .query(Long.class)
                .single();
    }

    /** A message of a key that is due. */
    record Due(long id, String group, String topic, String key, MessageId message, String payload) {}

    /**
     * Does what a listener's drain does with one due key: takes its lock, hands over the first of its messages, forgets it or
     * buries it, and the key with the last one.
     *
     * @param handler whether the message is handled, or is dead
     * @return false if no key is due
     */
    boolean drainOne(Predicate<Due> handler) {
        return Boolean.TRUE.equals(transaction.execute(status -> {
            Optional<UUID> queue = sql.sql("select queue from reliable_messaging.parked_key"
                            + " where next_attempt_at <= clock_timestamp() and not held"
                            + " order by next_attempt_at limit 1 for update skip locked")
                    .query(UUID.class)
                    .optional();
            if (queue.isEmpty()) {
                return false;
            }
            Due due = sql.sql("select id, consumer_group, topic, key, message_id, value"
                            + " from reliable_messaging.parked_message where queue = ? and state = 'WAITING'"
                            + " order by id limit 1")
                    .param(queue.get())
                    .query((row, number) -> new Due(
                            row.getLong("id"),
                            row.getString("consumer_group"),
                            row.getString("topic"),
                            new String(row.getBytes("key"), UTF_8),
                            new MessageId(row.getObject("message_id", UUID.class)),
                            new String(row.getBytes("value"), UTF_8)))
                    .single();
            sql.sql(
                            handler.test(due)
                                    ? "delete from reliable_messaging.parked_message where id = ?"
                                    : "update reliable_messaging.parked_message set state = 'DEAD' where id = ?")
                    .param(due.id())
                    .update();
            sql.sql("delete from reliable_messaging.parked_key where queue = ? and not exists (select"
                            + " from reliable_messaging.parked_message where queue = ? and state = 'WAITING')")
                    .params(queue.get(), queue.get())
                    .update();
            return true;
        }));
    }

    /** A handler has a message of this key in hand while the work is done. */
    void whileHandled(String group, String topic, String key, Runnable work) {
        transaction.executeWithoutResult(status -> {
            sql.sql("select from reliable_messaging.parked_key where consumer_group = ? and topic = ?"
                            + " and queue = md5(?::bytea)::uuid for update")
                    .params(group, topic, key.getBytes(UTF_8))
                    .query((row, number) -> true)
                    .single();
            work.run();
        });
    }

    /** Those who ask for this advisory lock wait until the work is done. */
    void whileGateIsClosed(long gate, Runnable work) {
        transaction.executeWithoutResult(status -> {
            sql.sql("select 1 from pg_advisory_xact_lock(?)")
                    .param(gate)
                    .query(Integer.class)
                    .single();
            work.run();
        });
    }
}
