package io.reliablemessaging.lanes;

import io.reliablemessaging.operationlog.OperationLog;
import io.reliablemessaging.schema.Schema;
import io.reliablemessaging.text.DurationText;
import java.sql.SQLException;
import java.time.Duration;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.core.NestedExceptionUtils;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Adds lanes on a person's command. A key's next message may then go to another lane than its last one, so at the
 * moment of the change no message may wait and no instance may send:
 *
 * <ol>
 *   <li>check without a lock, so that a refused command disturbs no transaction;
 *   <li>lock {@code outbox_message}: a transaction that inserts waits for our commit, and then reads the new number;
 *   <li>check once more, store the number, create the lanes, log who did it. If it dies before the commit, nothing has
 *       changed.
 * </ol>
 */
public final class LaneGrowth {

    private static final int COUNTED = 1_000;
    private static final String LOCK_NOT_AVAILABLE = "55P03";

    private static final String BOUND_WAIT = "select pg_catalog.set_config('lock_timeout', '10s', true)";

    // Conflicts with INSERT. Locks relay_lane, too: an instance that starts for the first time may be creating lanes.
    private static final String LOCK = """
            lock table reliable_messaging.outbox_message, reliable_messaging.relay_lane in share row exclusive mode
            """;

    // A transaction that keeps its snapshot (REPEATABLE READ) reads the old number even after our commit.
    private static final String READ_STATE = """
            select a.lanes,
                   (select pg_catalog.count(*) from reliable_messaging.relay_instance
                     where expires_at >= pg_catalog.clock_timestamp()) as relays,
                   (select pg_catalog.count(*) from (select from reliable_messaging.outbox_message limit :counted::bigint) m) as messages,
                   (select pg_catalog.count(*) from (select from reliable_messaging.outbox_quarantine limit :counted::bigint) q) as quarantined,
                   (select pg_catalog.count(*) from pg_catalog.pg_stat_activity
                     where datname = pg_catalog.current_database() and pid <> pg_catalog.pg_backend_pid()
                       and state like 'idle in transaction%' and backend_xmin is not null) as snapshots
              from reliable_messaging.application a
            """;

    private static final String GROW = """
            with made as (
                    insert into reliable_messaging.relay_lane (lane)
                    select pg_catalog.generate_series(0, :lanes::int - 1)
                    on conflict do nothing)
            update reliable_messaging.application set lanes = :lanes::int
            """;

    private final JdbcClient jdbc;
    private final TransactionTemplate transactions;
    private final Schema schema;
    private final Lanes known;
    private final Duration lease;
    private final OperationLog log;

    /**
     * The state to check before the number changes.
     *
     * @param lanes how many there are
     * @param relays number of instances that send
     * @param messages rows of the outbox, up to a limit
     * @param quarantined rows of the quarantine, up to a limit
     * @param snapshots number of transactions that would still use the old number
     */
    record State(int lanes, int relays, int messages, int quarantined, int snapshots) {

        /** Returns why the number cannot change now; null if it can. */
        @Nullable
        String obstacle(Duration lease) {
            if (relays > 0) {
                return "%d of its instances send. Stop all instances that run with reliable-messaging.relay.enabled=true; one that was killed counts until its lease of %s is over"
                        .formatted(relays, DurationText.of(lease));
            }
            if (messages > 0) {
                return "%s wait in outbox_message, in the existing lanes. Start an instance that sends, wait until the outbox is empty, stop it and retry"
                        .formatted(counted(messages));
            }
            if (quarantined > 0) {
                return "%s wait in outbox_quarantine. Release, skip or discard them (OutboxQuarantine) while an instance sends, stop it and retry"
                        .formatted(counted(quarantined));
            }
            if (snapshots > 0) {
                return "%d open transactions have an old snapshot (REPEATABLE READ or SERIALIZABLE), and would publish with the old number. End them, or retry later"
                        .formatted(snapshots);
            }
            return null;
        }

        private static String counted(int rows) {
            return rows >= COUNTED ? "%d messages or more".formatted(COUNTED) : "%d messages".formatted(rows);
        }
    }

    public LaneGrowth(DataSource autoCommit, Schema schema, Lanes known, Duration lease) {
        this.jdbc = JdbcClient.create(autoCommit);
        this.schema = schema;
        this.known = known;
        this.lease = lease;
        this.log = new OperationLog(autoCommit, schema);
        this.transactions = new TransactionTemplate(new JdbcTransactionManager(autoCommit));
        // sees commits made while it waited for the lock, whatever the host's default isolation is
        transactions.setIsolationLevel(TransactionDefinition.ISOLATION_READ_COMMITTED);
    }

    /**
     * Adds lanes.
     *
     * @param lanes new number of lanes
     * @param reason why, for the operation log; null if that was not asked for
     * @param who the person or job that gives the command, for the operation log
     * @throws IllegalArgumentException if the number is not larger than the current one, or too large
     * @throws IllegalStateException if messages wait or instances send
     */
    public void grow(int lanes, @Nullable String reason, String who) {
        if (lanes > Lanes.MOST) {
            throw new IllegalArgumentException(
                    "The outbox cannot have %d lanes; the largest number is %d".formatted(lanes, Lanes.MOST));
        }
        requireGrowable(lanes);
        try {
            transactions.executeWithoutResult(status -> growLocked(lanes, reason, who));
        } catch (DataAccessException e) {
            if (NestedExceptionUtils.getMostSpecificCause(e) instanceof SQLException cause
                    && LOCK_NOT_AVAILABLE.equals(cause.getSQLState())) {
                throw refused(
                        lanes, "transactions that have published were still open after ten seconds. Retry later", e);
            }
            throw e;
        }
        known.update(lanes);
    }

    private void growLocked(int lanes, @Nullable String reason, String who) {
        jdbc.sql(BOUND_WAIT).query(String.class).single();
        jdbc.sql(schema.in(LOCK)).update();
        int before = requireGrowable(lanes);
        log.note(who, "grow lanes", "from %d to %d".formatted(before, lanes), reason);
        jdbc.sql(schema.in(GROW)).param("lanes", lanes).update();
    }

    private int requireGrowable(int lanes) {
        State state = jdbc.sql(schema.in(READ_STATE))
                .param("counted", COUNTED)
                .query(State.class)
                .single();
        if (lanes <= state.lanes()) {
            throw new IllegalArgumentException(
                    "The outbox has %d lanes; it can get more lanes, but not %d".formatted(state.lanes(), lanes));
        }
        String obstacle = state.obstacle(lease);
        if (obstacle != null) {
            throw refused(lanes, obstacle, null);
        }
        return state.lanes();
    }

    private static IllegalStateException refused(int lanes, String why, @Nullable Throwable cause) {
        return new IllegalStateException(
                "The outbox cannot have %d lanes now, and nothing was changed: %s".formatted(lanes, why), cause);
    }
}
