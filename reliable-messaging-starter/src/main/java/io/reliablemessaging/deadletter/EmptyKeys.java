package io.reliablemessaging.deadletter;

import io.reliablemessaging.schema.Schema;
import io.reliablemessaging.text.ReadableLogger;
import java.util.Objects;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.core.simple.JdbcClient.StatementSpec;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.TransactionException;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Removes parked keys in which no message waits any more, so that later messages of these keys need not wait.
 *
 * <p>Only this class decides that a key is empty, and never in a handler's transaction: that may see the table as it was
 * when it began (REPEATABLE READ), without a message that was appended later. So a transaction of our own, READ COMMITTED:
 *
 * <ol>
 *   <li>locks the key: an appender holds a KEY SHARE lock on it until it has committed;
 *   <li>deletes it in a second statement, which sees all that was committed by then, if no message waits.
 * </ol>
 */
final class EmptyKeys {

    private static final Logger log = ReadableLogger.of(EmptyKeys.class);

    // SKIP LOCKED: the holder of the lock appends a message or
    // works on the key. The key stays due and is checked again.
    private static final String LOCK = """
            select 1 from reliable_messaging.parked_key
             where consumer_group = :group::text and topic = :topic::text and queue = :queue::uuid and claim = :claim::bigint and not held
               for update skip locked
            """;

    private static final String DELETE = """
            with gone as (
                    delete from reliable_messaging.parked_key k
                     where k.consumer_group = :group::text and k.topic = :topic::text and k.queue = :queue::uuid
                       and not exists (
                           select from reliable_messaging.parked_message m
                            where m.consumer_group = k.consumer_group and m.topic = k.topic and m.queue = k.queue
                              and m.state = 'WAITING' and not m.in_place)
                    returning k.consumer_group, k.topic, k.queue),
                 unmarked as (
                    delete from reliable_messaging.parked_mark m using gone
                     where m.consumer_group = gone.consumer_group and m.topic = gone.topic and m.queue = gone.queue)
            select pg_catalog.count(*) from gone
            """;

    // it was claimed while it was empty, and a message was appended since
    private static final String MAKE_DUE = """
            update reliable_messaging.parked_key
               set next_attempt_at = least(next_attempt_at, pg_catalog.clock_timestamp()), claimed = false
             where consumer_group = :group::text and topic = :topic::text and queue = :queue::uuid and claimed
            """;

    private final JdbcClient jdbc;
    private final Schema schema;
    private final TransactionTemplate transactions;

    EmptyKeys(DataSource autoCommit, Schema schema) {
        this.jdbc = JdbcClient.create(autoCommit);
        this.schema = schema;
        this.transactions = new TransactionTemplate(new JdbcTransactionManager(autoCommit));
        transactions.setIsolationLevel(TransactionDefinition.ISOLATION_READ_COMMITTED);
    }

    /**
     * Removes a key if no message waits in it and no other consumer has claimed it since. Never throws: a key that stays is due,
     * and is checked again.
     *
     * @return whether the key was removed
     */
    boolean close(KeyClaim.Key key, long claim) {
        try {
            return closeInTransaction(key, claim);
        } catch (DataAccessException | TransactionException e) {
            log.debug(
                    "A parked key of group {} and topic {} could not be removed; it is tried again at its next claim",
                    key.group(),
                    key.topic(),
                    e);
            return false;
        }
    }

    private boolean closeInTransaction(KeyClaim.Key key, long claim) {
        return Boolean.TRUE.equals(transactions.execute(status -> {
            if (statement(LOCK, key)
                    .param("claim", claim)
                    .query(Integer.class)
                    .optional()
                    .isEmpty()) {
                return false;
            }
            if (Objects.requireNonNull(
                            statement(DELETE, key).query(Integer.class).single())
                    == 1) {
                return true;
            }
            statement(MAKE_DUE, key).update();
            return false;
        }));
    }

    private StatementSpec statement(String sql, KeyClaim.Key key) {
        return jdbc.sql(schema.in(sql))
                .param("group", key.group())
                .param("topic", key.topic())
                .param("queue", key.queue());
    }
}
