package io.reliablemessaging.deadletter;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.reliablemessaging.DeadLetter.State;
import io.reliablemessaging.MessageId;
import io.reliablemessaging.schema.AutoCommitDataSource;
import io.reliablemessaging.text.FailureText;
import io.reliablemessaging.wire.HeaderBytes;
import io.reliablemessaging.wire.QueueId;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;
import javax.sql.DataSource;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.TransactionTemplate;

/** The tables of parked messages as listeners leave them, and a drain without a handler. */
public final class ParkedRows {

    private static final List<String> GROUPS = List.of("billing", "shipping");
    private static final List<String> TOPICS = List.of("orders", "refunds");

    final JdbcClient sql;
    final JdbcClient inTransaction;
    private final ParkedQueues queues;
    private final TransactionTemplate transaction;

    public ParkedRows(DataSource dataSource, ParkedQueues queues) {
        this.sql = JdbcClient.create(new AutoCommitDataSource(dataSource));
        this.inTransaction = JdbcClient.create(dataSource);
        this.queues = queues;
        this.transaction = new TransactionTemplate(new JdbcTransactionManager(dataSource));
        transaction.setPropagationBehavior(TransactionDefinition.PROPAGATION_REQUIRES_NEW);
        transaction.setIsolationLevel(TransactionDefinition.ISOLATION_READ_COMMITTED);
    }

    public void clear() {
        sql.sql("truncate reliable_messaging.parked_message, reliable_messaging.parked_key,"
                        + " reliable_messaging.parked_failure, reliable_messaging.inbox_message,"
                        + " reliable_messaging.operation_log")
                .update();
    }

    /** A message that has failed five times; its key is not held. */
    public long dead(String group, String topic, String key) {
        return dead(group, topic, key, MessageId.at(Instant.EPOCH), new RecordHeaders(), "no stock");
    }

    public long dead(String group, String topic, String key, MessageId message, Headers headers, String error) {
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
    public long waiting(String group, String topic, String key) {
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
    public void hold(String group, String topic, String key) {
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
        return sql.sql(
                        "insert into reliable_messaging.parked_message (consumer_group, topic, message_id,"
                                + " source_partition, source_offset, queue, key, value, headers, state, attempts, error_class,"
                                + " error_message, stack_trace) values (?, ?, ?, 2, 17, md5(?)::uuid, ?, ?, ?, ?, ?, ?, ?, ?) returning id")
                .params(
                        group,
                        topic,
                        message.value(),
                        key.getBytes(UTF_8),
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

    /**
     * Drains one due key as a listener does: handles the first of its messages, or buries it.
     *
     * @param handler whether the message is handled, or is dead
     * @return false if no key is due
     */
    public boolean drainOne(Predicate<KeyClaim> handler) {
        for (String group : GROUPS) {
            for (KeyClaim claim : queues.claim(group, TOPICS, 1)) {
                drain(claim, handler);
                return true;
            }
        }
        return false;
    }

    /** The only key that is due. */
    KeyClaim claim() {
        return queues.claim("billing", TOPICS, 1).get(0);
    }

    void drain(KeyClaim claim, Predicate<KeyClaim> handler) {
        queues.mark(claim);
        boolean failed = Boolean.TRUE.equals(transaction.execute(status -> {
            if (!queues.begin(claim)) {
                return false;
            }
            if (handler.test(claim)) {
                queues.advance(claim);
                return false;
            }
            status.setRollbackOnly();
            return true;
        }));
        if (failed) {
            transaction.executeWithoutResult(status -> queues.makeDead(
                    claim,
                    claim.spent().attempts() + 1,
                    FailureText.of(new IllegalStateException("still no stock")),
                    false));
        }
        queues.closeIfEmpty(claim);
    }

    /** Asks in the transaction that is under way. */
    public void query(String statement) {
        inTransaction.sql(statement).query((row, number) -> number).list();
    }

    /** Does work in one transaction. */
    public <T> T inOne(Supplier<T> work) {
        return Objects.requireNonNull(transaction.execute(status -> work.get()));
    }

    public static String key(KeyClaim claim) {
        return new String(claim.message().message().key(), UTF_8);
    }

    public static String payload(KeyClaim claim) {
        return new String(claim.message().message().value(), UTF_8);
    }

    /** A handler has a message of this key in hand while the work is done. */
    public void whileHandled(String group, String topic, String key, Runnable work) {
        whileHandled(group, topic, key, queue -> work.run());
    }

    /** The same, for work that is given the key's queue and done in the handler's transaction. */
    public void whileHandled(String group, String topic, String key, Consumer<QueueId> work) {
        QueueId queue = QueueId.of(key.getBytes(UTF_8), MessageId.at(Instant.EPOCH));
        transaction.executeWithoutResult(status -> {
            inTransaction
                    .sql("select 1 from reliable_messaging.parked_key where consumer_group = ? and topic = ?"
                            + " and queue = ? for no key update")
                    .params(group, topic, queue.value())
                    .query(Integer.class)
                    .single();
            work.accept(queue);
        });
    }

    /** Those who ask for this advisory lock wait until the work is done. */
    void whileGateIsClosed(long gate, Runnable work) {
        transaction.executeWithoutResult(status -> {
            inTransaction
                    .sql("select pg_advisory_xact_lock(?)::text")
                    .param(gate)
                    .query(String.class)
                    .single();
            work.run();
        });
    }
}
