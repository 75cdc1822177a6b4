package io.reliablemessaging.failures;

import io.reliablemessaging.failures.FailureCounts.Counted;
import io.reliablemessaging.schema.Schema;
import io.reliablemessaging.text.FailureText;
import io.reliablemessaging.text.Fingerprint;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.function.Function;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.TransactionTemplate;

/** Writes {@code failure_group}, in transactions of its own that wait two seconds at most for a lock. */
final class FailureGroupTable {

    private static final String LIMITS = """
            select pg_catalog.set_config('lock_timeout', '2s', true) || pg_catalog.set_config('statement_timeout', '10s', true)
            """;

    // in the order of their keys: two instances that write the same rows never wait for each other in a circle
    private static final String ADD = """
            insert into reliable_messaging.failure_group as g (fingerprint, consumer_group, topic, error_class, frame,
                        first_seen, last_seen, first_version, last_version, failures)
            select counted.fingerprint, counted.consumer_group, counted.topic, counted.error_class, counted.frame,
                   pg_catalog.clock_timestamp() - pg_catalog.make_interval(secs => counted.since_first),
                   pg_catalog.clock_timestamp() - pg_catalog.make_interval(secs => counted.since_last),
                   :version::text, :version::text, counted.failures
              from unnest(:fingerprints::text[], :groups::text[], :topics::text[], :classes::text[], :frames::text[],
                          :failures::bigint[], :firsts::float8[], :lasts::float8[])
                   as counted (fingerprint, consumer_group, topic, error_class, frame, failures, since_first, since_last)
             order by counted.fingerprint
            on conflict (fingerprint) do update
               set first_seen = least(g.first_seen, excluded.first_seen),
                   last_seen = greatest(g.last_seen, excluded.last_seen),
                   last_version = coalesce(excluded.last_version, g.last_version),
                   failures = g.failures + excluded.failures
            """;

    // SKIP LOCKED: another instance deletes or updates them
    private static final String PRUNE = """
            delete from reliable_messaging.failure_group
             where fingerprint in (
                   select g.fingerprint from reliable_messaging.failure_group g
                    where (g.last_seen < pg_catalog.clock_timestamp() - pg_catalog.make_interval(secs => :seconds::float8)
                           and not exists (select from reliable_messaging.parked_message m
                                            where m.fingerprint = g.fingerprint))
                       or g.last_seen < (select kept.last_seen from reliable_messaging.failure_group kept
                                          order by kept.last_seen desc offset :most::bigint limit 1)
                    order by g.last_seen limit 1000
                      for update skip locked)
            """;

    private final JdbcClient jdbc;
    private final Schema schema;
    private final TransactionTemplate transactions;
    private final @Nullable String version;

    /**
     * Makes the table's writer.
     *
     * @param version version of the application; null if it is not known
     */
    FailureGroupTable(DataSource autoCommit, Schema schema, @Nullable String version) {
        this.jdbc = JdbcClient.create(autoCommit);
        this.schema = schema;
        this.version = version;
        this.transactions = new TransactionTemplate(new JdbcTransactionManager(autoCommit));
        // each statement sees what it has waited for, whatever the host's default is
        transactions.setIsolationLevel(TransactionDefinition.ISOLATION_READ_COMMITTED);
    }

    /** Adds failures to their groups, and makes groups that are new. */
    void add(List<Counted> counted) {
        List<Counted> sorted = counted.stream()
                .sorted(Comparator.comparing(each -> each.fingerprint().hex()))
                .toList();
        inTransaction(() -> jdbc.sql(schema.in(ADD))
                .param("version", version)
                .param("fingerprints", texts(sorted, Fingerprint::hex))
                .param("groups", texts(sorted, Fingerprint::group))
                .param("topics", texts(sorted, Fingerprint::topic))
                .param("classes", texts(sorted, each -> FailureText.ascii(each.errorClass())))
                .param("frames", texts(sorted, each -> each.frame() == null ? null : FailureText.ascii(each.frame())))
                .param("failures", sorted.stream().map(Counted::failures).toArray(Long[]::new))
                .param("firsts", seconds(sorted, Counted::sinceFirst))
                .param("lasts", seconds(sorted, Counted::sinceLast))
                .update());
    }

    /**
     * Deletes groups, a thousand at most: those that have not failed for so long and have no messages, and the oldest ones that
     * are too many.
     */
    void prune(Duration retention, int most) {
        inTransaction(() -> jdbc.sql(schema.in(PRUNE))
                .param("seconds", (double) retention.toSeconds())
                .param("most", most)
                .update());
    }

    private void inTransaction(Runnable statement) {
        transactions.executeWithoutResult(status -> {
            String unused = jdbc.sql(schema.in(LIMITS)).query(String.class).single();
            statement.run();
        });
    }

    private static @Nullable String[] texts(List<Counted> counted, Function<Fingerprint, @Nullable String> part) {
        return counted.stream().map(each -> part.apply(each.fingerprint())).toArray(String[]::new);
    }

    private static Double[] seconds(List<Counted> counted, Function<Counted, Duration> part) {
        return counted.stream()
                .map(each -> part.apply(each).toMillis() / 1000.0)
                .toArray(Double[]::new);
    }
}
