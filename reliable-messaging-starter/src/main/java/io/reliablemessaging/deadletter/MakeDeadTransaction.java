package io.reliablemessaging.deadletter;

import io.reliablemessaging.failures.FailureGroups;
import io.reliablemessaging.inbox.ArrivedMessage;
import io.reliablemessaging.inbox.Inbox;
import io.reliablemessaging.operationlog.OperationLog;
import io.reliablemessaging.outbox.OutboxTable;
import io.reliablemessaging.schema.Schema;
import io.reliablemessaging.text.FailureText;
import io.reliablemessaging.wire.DeadLetterRecord;
import io.reliablemessaging.wire.ReceivedMessage;
import io.reliablemessaging.wire.WireMessage;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.UncategorizedSQLException;
import org.springframework.jdbc.core.ConnectionCallback;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.core.simple.JdbcClient.StatementSpec;
import org.springframework.transaction.support.TransactionOperations;

/**
 * Makes a message a dead letter at a person's command, wherever the message is: parked, retried at the head of its partition, being
 * handled for the first time, or not read yet. One transaction:
 *
 * <ol>
 *   <li>takes charge in the inbox; a handler that has the message from its partition holds that row;
 *   <li>locks the key of a parked message if the message is the first of it; a handler that has it from there holds that row;
 *   <li>marks the message's row as dead, or inserts it, and ends the claim, so that the claim's holder cannot commit any more;
 *   <li>puts the record for the dead-letter topic into the outbox, and a row into the operation log.
 * </ol>
 *
 * <p>So it waits for a handler that has the message, and the first to commit wins. It never makes a message dead whose
 * handler has taken effect, and after its commit a handler can no longer take effect. Its caller decides how long it waits, and
 * who terminates a handler that never returns.
 */
final class MakeDeadTransaction {

    // a client that is suspended here must not hold the message for long
    private static final String LIMITS = """
            select pg_catalog.set_config('lock_timeout', :wait::text, true)
                   || pg_catalog.set_config('idle_in_transaction_session_timeout', '30s', true)
                   || case when pg_catalog.current_setting('synchronous_commit') = 'off'
                           then pg_catalog.set_config('synchronous_commit', 'on', true) else '' end
            """;

    private static final String BACKEND = "select pg_catalog.pg_backend_pid()";

    private static final String FIND = """
            select id from reliable_messaging.parked_message
             where consumer_group = :group::text and topic = :topic::text and message_id = :message::uuid
            """;

    // Only the first message of a key is ever handed out. The lock on the row of a message that becomes the first after
    // this query keeps it from its handler.
    private static final String LOCK_KEY = """
            select k.claim
              from reliable_messaging.parked_key k
              join reliable_messaging.parked_message m using (consumer_group, topic, queue)
             where m.id = :id::bigint and m.state = 'WAITING' and not m.in_place
               and not exists (
                   select from reliable_messaging.parked_message before
                    where before.consumer_group = m.consumer_group and before.topic = m.topic and before.queue = m.queue
                      and before.state = 'WAITING' and not before.in_place and before.id < m.id)
               for no key update of k -- others may still append
            """;

    private static final String ROW = """
            select m.*, 0 as claim, 0 as unanswered from reliable_messaging.parked_message m where id = :id::bigint
            """;

    private static final String LOCK = ROW + " for update";

    private static final String MAKE_DEAD = """
            with failed as (
                update reliable_messaging.parked_message
                   set state = 'DEAD', in_place = false, error_class = :errorClass::text, error_message = :errorMessage::text,
                       stack_trace = coalesce(stack_trace, :stackTrace::text), fingerprint = :fingerprint::text,
                       updated_at = pg_catalog.clock_timestamp()
                 where id = :id::bigint
                returning id, attempts, error_class, error_message, fingerprint
            """ + ParkedMessages.STORE_FAILURE;

    private static final String END_CLAIM = """
            with unmarked as (
                delete from reliable_messaging.parked_mark
                 where consumer_group = :group::text and topic = :topic::text and queue = :queue::uuid
            )
            update reliable_messaging.parked_key
               set claim = claim + 1, claimed = false, unanswered = 0, next_attempt_at = pg_catalog.clock_timestamp()
             where consumer_group = :group::text and topic = :topic::text and queue = :queue::uuid
            """;

    private final JdbcTemplate template;
    private final JdbcClient jdbc;
    private final Schema schema;
    private final TransactionOperations transactions;
    private final FailureGroups groups;
    private final ParkedMessages parked;
    private final EmptyKeys emptyKeys;
    private final OperationLog log;
    private final Supplier<Inbox> inbox;
    private final Supplier<OutboxTable> outbox;

    /**
     * A person's command.
     *
     * @param who the person or job that gives it
     * @param reason why
     */
    record Order(String who, String reason) {}

    /** The result for a message. */
    enum End {
        /** It is a dead letter now. */
        DEAD,
        /** It was a dead letter before. */
        WAS_DEAD,
        /** The group has taken charge of it and it does not wait: it was handled or discarded. */
        DONE
    }

    private record Parked(long id, boolean dead, ReceivedMessage message, int attempts) {}

    MakeDeadTransaction(
            DataSource autoCommit,
            Schema schema,
            TransactionOperations transactions,
            FailureGroups groups,
            Supplier<Inbox> inbox,
            Supplier<OutboxTable> outbox) {
        this.groups = groups;
        this.template = new JdbcTemplate(autoCommit);
        this.jdbc = JdbcClient.create(autoCommit);
        this.schema = schema;
        this.transactions = transactions;
        this.parked = new ParkedMessages(autoCommit, schema, groups);
        this.emptyKeys = new EmptyKeys(autoCommit, schema);
        this.log = new OperationLog(autoCommit, schema);
        this.inbox = inbox;
        this.outbox = outbox;
    }

    /** Receives the process id of the transaction's session before the transaction waits for a lock. */
    interface Begun {
        void session(int pid);
    }

    /**
     * Makes a parked message a dead letter.
     *
     * @param id number of its row
     * @param wait how long to wait for each lock
     */
    End makeDead(long id, Order order, Duration wait, Begun begun) {
        return run(wait, begun, () -> {
            Optional<Parked> seen = row(ROW, id);
            return seen.isEmpty()
                    ? new Ended(End.DONE, null, 0)
                    : make(seen.get().message(), id, order);
        });
    }

    /**
     * Makes a message that was read from its topic a dead letter.
     *
     * @param wait how long to wait for each lock
     */
    End makeDead(ReceivedMessage message, Order order, Duration wait, Begun begun) {
        return run(wait, begun, () -> make(message, null, order));
    }

    private record Ended(End end, KeyClaim.@Nullable Key key, long claim) {}

    private End run(Duration wait, Begun begun, Supplier<Ended> work) {
        Ended ended = Objects.requireNonNull(inOne(wait, begun, work));
        if (ended.key() != null) {
            boolean unused = emptyKeys.close(ended.key(), ended.claim());
        }
        return ended.end();
    }

    private @Nullable Ended inOne(Duration wait, Begun begun, Supplier<Ended> work) {
        try {
            return transactions.execute(status -> {
                String unused = jdbc.sql(LIMITS)
                        .param("wait", Long.toString(wait.toMillis()))
                        .query(String.class)
                        .single();
                begun.session(jdbc.sql(BACKEND).query(Integer.class).single());
                Ended result = work.get();
                if (result.end() != End.DEAD) {
                    status.setRollbackOnly(); // nothing was changed; this also gives up the charge in the inbox
                }
                return result;
            });
        } catch (UncategorizedSQLException e) {
            throw KeyLocks.translate(e);
        }
    }

    private Ended make(ReceivedMessage message, @Nullable Long known, Order order) {
        WireMessage wire = message.message();
        boolean charge = inbox.get()
                .takeOnceFree(
                        template,
                        message.group(),
                        wire.topic(),
                        ArrivedMessage.of(wire.id(), wire.key(), wire.value()));
        Optional<Long> id = known == null ? find(message) : Optional.of(known);
        if (id.isEmpty()) {
            return charge ? insert(message, order) : new Ended(End.DONE, null, 0);
        }
        Optional<Long> claim =
                statement(LOCK_KEY).param("id", id.get()).query(Long.class).optional();
        Optional<Parked> row = row(LOCK, id.get());
        if (row.isEmpty() || row.get().dead()) {
            return new Ended(row.isEmpty() ? End.DONE : End.WAS_DEAD, null, 0);
        }
        return update(row.get(), claim, order);
    }

    private Ended insert(ReceivedMessage message, Order order) {
        MadeDeadException cause = new MadeDeadException(order.who(), order.reason());
        parked.makeDead(message, 0, FailureText.of(cause), false);
        publish(message, 0, cause, order);
        return new Ended(End.DEAD, null, 0);
    }

    private Ended update(Parked row, Optional<Long> claim, Order order) {
        MadeDeadException cause = new MadeDeadException(order.who(), order.reason());
        FailureText text = FailureText.of(cause);
        ReceivedMessage message = row.message();
        statement(MAKE_DEAD)
                .param("id", row.id())
                .param("errorClass", text.type())
                .param("errorMessage", text.message())
                .param("stackTrace", text.stackTrace())
                .param(
                        "fingerprint",
                        groups.count(message.group(), message.message().topic(), text))
                .update();
        publish(message, row.attempts(), cause, order);
        if (claim.isEmpty()) {
            return new Ended(End.DEAD, null, 0);
        }
        KeyClaim.Key key = new KeyClaim.Key(
                message.group(), message.message().topic(), message.queue().value());
        statement(END_CLAIM)
                .param("group", key.group())
                .param("topic", key.topic())
                .param("queue", key.queue())
                .update();
        return new Ended(End.DEAD, key, claim.get() + 1);
    }

    private void publish(ReceivedMessage message, int attempts, MadeDeadException cause, Order order) {
        WireMessage record = DeadLetterRecord.of(message, attempts, cause);
        boolean unused = Boolean.TRUE.equals(template.execute((ConnectionCallback<Boolean>) connection -> {
            outbox.get().insert(connection, List.of(record));
            return true;
        }));
        String target = "%s %s %s"
                .formatted(
                        message.message().topic(),
                        message.group(),
                        message.message().id());
        log.note(order.who(), "make dead letter", target, order.reason());
    }

    private Optional<Long> find(ReceivedMessage message) {
        return statement(FIND)
                .param("group", message.group())
                .param("topic", message.message().topic())
                .param("message", message.message().id().value())
                .query(Long.class)
                .optional();
    }

    private Optional<Parked> row(String sql, long id) {
        return statement(sql)
                .param("id", id)
                .query((row, number) -> parked(row))
                .optional();
    }

    private static Parked parked(ResultSet row) throws SQLException {
        boolean dead = "DEAD".equals(row.getString("state"));
        return new Parked(row.getLong("id"), dead, new KeyClaim(row).readableMessage(), row.getInt("attempts"));
    }

    private StatementSpec statement(String sql) {
        return jdbc.sql(schema.in(sql));
    }
}
