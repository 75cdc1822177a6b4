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
 * Removes parked keys in which nothing waits any more, so that later messages of these keys need not wait either.
 *
 * <p>Only here is it decided that a key is empty, and never in a handler's transaction. That one may see the table as it was
 * when it began (REPEATABLE READ), without a message that was appended since. So a transaction of our own, READ COMMITTED:
 *
 * <ol>
 *   <li>locks the key: whoever appends to it holds a share of this lock until he has committed;
 *   <li>deletes it in a second statement, which sees all that was committed by then, if nothing waits.
 * </ol>
 */
final class EmptyKeys {

    private static final Logger log = ReadableLogger.of(EmptyKeys.class);

    // SKIP LOCKED: who holds the lock appends a message or works on the key. The key stays due and is looked at again.
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

    // claimed while it was empty, and something was appended since
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
     * Removes a key if nothing waits in it and nobody has claimed it since. Never throws: a key that stays is due, and looked
     * at again.
     *
     * @return whether it is gone
     */
    boolean close(Claim.Key key, long claim) {
        try {
            return closed(key, claim);
        } catch (DataAccessException | TransactionException e) {
            log.debug("A parked key of group {} and topic {} is closed later", key.group(), key.topic(), e);
            return false;
        }
    }

    private boolean closed(Claim.Key key, long claim) {
        return Boolean.TRUE.equals(transactions.execute(status -> {
            if (of(LOCK, key)
                    .param("claim", claim)
                    .query(Integer.class)
                    .optional()
                    .isEmpty()) {
                return false;
            }
            if (Objects.requireNonNull(of(DELETE, key).query(Integer.class).single()) == 1) {
                return true;
            }
            of(MAKE_DUE, key).update();
            return false;
        }));
    }

    private StatementSpec of(String sql, Claim.Key key) {
        return jdbc.sql(schema.in(sql))
                .param("group", key.group())
                .param("topic", key.topic())
                .param("queue", key.queue());
    }
}
