package io.reliablemessaging.deadletter;

import io.reliablemessaging.schema.Schema;
import java.sql.SQLException;
import java.util.List;
import org.springframework.dao.CannotAcquireLockException;
import org.springframework.jdbc.UncategorizedSQLException;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Locks of the keys of dead letters, for the current transaction. Whoever decides about a dead letter first takes its key's
 * row in {@code parked_key}, as whoever handles a message of it does, and makes that row if there is none: always the key
 * before the message, so that nobody waits in a circle.
 */
final class KeyLocks {

    private static final String LOCK_NOT_AVAILABLE = "55P03"; // which Spring does not translate

    // our own locks are not to outlive a client that was stopped: the keys would wait with it
    private static final String LIMITS = """
            select set_config('lock_timeout', '2s', true) || set_config('idle_in_transaction_session_timeout', '30s', true)
            """;

    private static final String MISSING = """
            insert into reliable_messaging.parked_key (consumer_group, topic, queue, next_attempt_at)
            select distinct consumer_group, topic, queue, 'infinity'::timestamptz
              from reliable_messaging.parked_message
             where id = any (:ids) and state = 'DEAD'
             order by consumer_group, topic, queue
            """;

    // Without "do update" a row that others have locked is left alone, and is not waited for.
    private static final String MISSING_ONLY = MISSING + " on conflict do nothing";

    private static final String MISSING_AND_OTHERS =
            MISSING + " on conflict (consumer_group, topic, queue) do update set claim = parked_key.claim";

    private static final String FREE = """
            with locked as materialized (
                    select k.consumer_group, k.topic, k.queue
                      from reliable_messaging.parked_key k
                     where (k.consumer_group, k.topic, k.queue) in (
                           select m.consumer_group, m.topic, m.queue
                             from reliable_messaging.parked_message m where m.id = any (:ids))
                     order by k.consumer_group, k.topic, k.queue
                       for update of k skip locked)
            select m.id
              from reliable_messaging.parked_message m
              join locked using (consumer_group, topic, queue)
             where m.id = any (:ids) and m.state = 'DEAD'
             order by m.id
               for update of m
            """;

    private final JdbcClient jdbc;
    private final Schema schema;

    KeyLocks(JdbcClient jdbc, Schema schema) {
        this.jdbc = jdbc;
        this.schema = schema;
    }

    /**
     * Takes the keys of these dead letters, and the dead letters.
     *
     * @param wait whether to wait some seconds for a key that is in use
     * @return those that are dead and whose keys are ours now, in order
     * @throws CannotAcquireLockException if waiting was in vain
     */
    List<Long> take(List<Long> ids, boolean wait) {
        try {
            jdbc.sql(LIMITS).query(String.class).single();
            of(wait ? MISSING_AND_OTHERS : MISSING_ONLY, ids).update();
            return of(FREE, ids).query(Long.class).list();
        } catch (UncategorizedSQLException e) {
            SQLException cause = e.getSQLException();
            if (cause != null && LOCK_NOT_AVAILABLE.equals(cause.getSQLState())) {
                throw new CannotAcquireLockException("A key is in use", e);
            }
            throw e;
        }
    }

    private JdbcClient.StatementSpec of(String sql, List<Long> ids) {
        return jdbc.sql(schema.in(sql)).param("ids", ids.toArray(Long[]::new));
    }
}
