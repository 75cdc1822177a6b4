package io.reliablemessaging.operationlog;

import io.reliablemessaging.reachability.FailureLog;
import io.reliablemessaging.reachability.Infrastructure;
import io.reliablemessaging.schema.Schema;
import io.reliablemessaging.text.ReadableLogger;
import io.reliablemessaging.timing.PeriodicTask;
import java.time.Duration;
import java.util.Objects;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.event.Level;
import org.springframework.context.SmartLifecycle;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.TransactionTemplate;

/** Deletes entries of the operation log when their retention is over, in chunks, while the application runs. */
final class OperationLogPurge implements SmartLifecycle {

    private static final Logger log = ReadableLogger.of(OperationLogPurge.class);
    private static final Duration EVERY = Duration.ofHours(1);
    private static final Duration STOP_LIMIT = Duration.ofSeconds(5);

    static final int CHUNK = 1000;

    private static final String LIMITS = """
            select pg_catalog.set_config('statement_timeout', '10s', true) || pg_catalog.set_config('lock_timeout', '1s', true)
            """;

    // Ids are given nearly in the order of time: the oldest entries have the lowest ids, and the time needs no index. A
    // young entry among them takes one place in a chunk until it is old itself, and keeps no other entry back. SKIP
    // LOCKED: instances share the work. No statement updates an entry, so its ctid stays the same.
    static final String DELETE = """
            with old as (
                select o.ctid as place from reliable_messaging.operation_log o
                 where o.ctid = any (array(
                       select first.place
                         from (select ctid as place, at from reliable_messaging.operation_log order by id limit :chunk::bigint) first
                        where first.at < pg_catalog.clock_timestamp() - pg_catalog.make_interval(secs => :seconds::float8)))
                   for update skip locked
            )
            delete from reliable_messaging.operation_log where ctid = any (array(select place from old))
            """;

    private final JdbcClient jdbc;
    private final Schema schema;
    private final TransactionTemplate transactions;
    private final Duration retention;
    private final FailureLog failures;
    private final PeriodicTask task;

    OperationLogPurge(DataSource autoCommit, Schema schema, Duration retention, Infrastructure infrastructure) {
        this.jdbc = JdbcClient.create(autoCommit);
        this.schema = schema;
        this.transactions = new TransactionTemplate(new JdbcTransactionManager(autoCommit));
        // where snapshots last, an entry that another instance has deleted would be an error
        transactions.setIsolationLevel(TransactionDefinition.ISOLATION_READ_COMMITTED);
        this.retention = retention;
        this.failures = new FailureLog(
                log,
                Level.WARN,
                infrastructure,
                "Entries of the operation log that are older than their retention could not be deleted; trying again every hour",
                "Entries of the operation log that are older than their retention are deleted again");
        this.task = new PeriodicTask("rm-operation-log", EVERY, this::purge, failures::failed);
    }

    private void purge() {
        // as long as something is deleted: a chunk with young entries in it says nothing about the next
        while (task.isRunning() && deleteChunk() > 0) {
            log.debug("Deleted a chunk of operation log entries older than {}", retention);
        }
        failures.worked();
    }

    /** Deletes those of the first entries that are old; returns how many. */
    int deleteChunk() {
        return Objects.requireNonNull(transactions.execute(status -> {
            String unused = jdbc.sql(LIMITS).query(String.class).single();
            return jdbc.sql(schema.in(DELETE))
                    .param("chunk", CHUNK)
                    .param("seconds", retention.toSeconds())
                    .update();
        }));
    }

    /** Starts. The first run is due after an hour: instances are often started together, and nothing is urgent. */
    @Override
    public void start() {
        task.startAfterInterval();
    }

    /** Stops. A statement that runs may take five seconds to end. */
    @Override
    public void stop() {
        task.stop(STOP_LIMIT);
    }

    @Override
    public boolean isRunning() {
        return task.isRunning();
    }
}
