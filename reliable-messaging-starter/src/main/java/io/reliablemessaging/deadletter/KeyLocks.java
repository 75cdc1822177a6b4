package io.reliablemessaging.deadletter;

import io.reliablemessaging.schema.Schema;
import java.sql.SQLException;
import java.util.List;
import org.springframework.dao.CannotAcquireLockException;
import org.springframework.jdbc.UncategorizedSQLException;
import org.springframework.jdbc.core.RowMapper;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Locks of dead letters and their keys, for the current transaction. Whoever decides about dead letters takes
 *
 * <ol>
 *   <li>the dead letters: nobody else decides about them, and no consumer touches them;
 *   <li>then the rows of their keys in {@code parked_key}, as whoever handles a message of a key does. One that is missing is
 *       made, and never in vain: its dead letter is ours.
 * </ol>
 */
final class KeyLocks {

    private static final String LOCK_NOT_AVAILABLE = "55P03"; // which Spring does not translate

    // our own locks are not to outlive a client that was stopped: the keys would wait with it
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

    // FOR UPDATE also keeps those away who would append to a key that is about to go
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
            // locks what is there, and makes it if it is just going
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
     * Takes the keys of these dead letters, and the dead letters.
     *
     * @param wait whether to wait some seconds for what is in use
     * @return those that are dead and whose keys are ours now, in order
     * @throws CannotAcquireLockException if waiting was in vain
     */
    List<Long> take(List<Long> ids, boolean wait) {
        Statements statements = wait ? WAITING : PASSING;
        try {
            jdbc.sql(LIMITS).query(String.class).single();
            List<Long> dead = of(statements.dead(), ids).query(ID).list();
            of(statements.missing(), dead).update();
            return of(statements.keys(), dead).query(ID).list();
        } catch (UncategorizedSQLException e) {
            throw translated(e);
        }
    }

    /** What to throw: a lock that was waited for in vain shows as such. */
    static RuntimeException translated(UncategorizedSQLException thrown) {
        SQLException cause = thrown.getSQLException();
        return cause != null && LOCK_NOT_AVAILABLE.equals(cause.getSQLState())
                ? new CannotAcquireLockException("A key is in use", thrown)
                : thrown;
    }

    private JdbcClient.StatementSpec of(String sql, List<Long> ids) {
        return jdbc.sql(schema.in(sql)).param("ids", ids.toArray(Long[]::new));
    }
}
