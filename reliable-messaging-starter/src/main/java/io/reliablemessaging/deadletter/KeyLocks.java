package io.reliablemessaging.deadletter;

import io.reliablemessaging.schema.Schema;
import java.sql.SQLException;
import java.util.List;
import org.springframework.dao.CannotAcquireLockException;
import org.springframework.jdbc.UncategorizedSQLException;
import org.springframework.jdbc.core.RowMapper;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Locks dead letters and their keys for the current transaction. A command on dead letters locks
 *
 * <ol>
 *   <li>the dead letters: no other command changes them, and no consumer touches them;
 *   <li>then the rows of their keys in {@code parked_key}, as a handler of a message of the key does. A missing row is
 *       inserted, never needlessly, since its dead letter is locked.
 * </ol>
 */
final class KeyLocks {

    private static final String LOCK_NOT_AVAILABLE = "55P03"; // which Spring does not translate

    // a client that is suspended must not hold our locks: the keys would wait for it
    private static final String LIMITS = """
            select pg_catalog.set_config('lock_timeout', '2s', true)
                   || pg_catalog.set_config('idle_in_transaction_session_timeout', '30s', true)
            """;

    private static final String DEAD = """
            select id from reliable_messaging.parked_message
             where id = any (:ids::bigint[]) and state = 'DEAD'
             order by id
               for update %s
            """;

    private static final String MISSING = """
            insert into reliable_messaging.parked_key (consumer_group, topic, queue, next_attempt_at)
            select distinct consumer_group, topic, queue, 'infinity'::timestamptz
              from reliable_messaging.parked_message
             where id = any (:ids::bigint[])
             order by consumer_group, topic, queue
                on conflict %s
            """;

    // FOR UPDATE also keeps away appenders to a key that is about to be removed
    private static final String KEYS = """
            with locked as materialized (
                    select k.consumer_group, k.topic, k.queue
                      from reliable_messaging.parked_key k
                     where (k.consumer_group, k.topic, k.queue) in (
                           select m.consumer_group, m.topic, m.queue
                             from reliable_messaging.parked_message m where m.id = any (:ids::bigint[]))
                     order by k.consumer_group, k.topic, k.queue
                       for update of k %s)
            select m.id
              from reliable_messaging.parked_message m
              join locked using (consumer_group, topic, queue)
             where m.id = any (:ids::bigint[])
             order by m.id
            """;

    private static final Statements WAITING = new Statements(
            DEAD.formatted(""),
            // locks an existing row, and inserts it if it is just being removed
            MISSING.formatted("(consumer_group, topic, queue) do update set claim = parked_key.claim"),
            KEYS.formatted(""));
    private static final Statements PASSING = new Statements(
            DEAD.formatted("skip locked"), MISSING.formatted("do nothing"), KEYS.formatted("skip locked"));

    private record Statements(String dead, String missing, String keys) {}

    private static final RowMapper<Long> ID = (row, number) -> row.getLong(1);

    private final JdbcClient jdbc;
    private final Schema schema;

    KeyLocks(JdbcClient jdbc, Schema schema) {
        this.jdbc = jdbc;
        this.schema = schema;
    }

    /**
     * Locks these dead letters and their keys.
     *
     * @param wait whether to wait some seconds for locks that are in use
     * @return the ids of dead letters that are locked together with their keys now, in order
     * @throws CannotAcquireLockException if a lock was not free in time
     */
    List<Long> take(List<Long> ids, boolean wait) {
        Statements statements = wait ? WAITING : PASSING;
        try {
            jdbc.sql(LIMITS).query(String.class).single();
            List<Long> dead = statement(statements.dead(), ids).query(ID).list();
            statement(statements.missing(), dead).update();
            return statement(statements.keys(), dead).query(ID).list();
        } catch (UncategorizedSQLException e) {
            throw translate(e);
        }
    }

    /** Translates the exception: a lock that was not free in time gets a type of its own. */
    static RuntimeException translate(UncategorizedSQLException thrown) {
        SQLException cause = thrown.getSQLException();
        return cause != null && LOCK_NOT_AVAILABLE.equals(cause.getSQLState())
                ? new CannotAcquireLockException("A key is in use", thrown)
                : thrown;
    }

    private JdbcClient.StatementSpec statement(String sql, List<Long> ids) {
        return jdbc.sql(schema.in(sql)).param("ids", ids.toArray(Long[]::new));
    }
}
