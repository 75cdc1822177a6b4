package io.reliablemessaging.deadletter;

import io.reliablemessaging.DeadLetterQuery;
import io.reliablemessaging.operationlog.OperationLog;
import io.reliablemessaging.schema.Schema;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import javax.sql.DataSource;
import org.springframework.jdbc.core.RowMapper;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Finds dead letters, and redrives some of them in the caller's transaction, together with what the caller notes about them. */
public final class ChosenRedrive {

    private static final double AT_ONCE = 1e-6;

    private static final String SELECT = """
            select m.id, m.consumer_group, m.topic, m.queue, m.redriven,
                   m.topic || ' ' || m.consumer_group || ' ' || m.message_id::text as target
              from reliable_messaging.parked_message m
            """;

    // array: the ids are found first, by an index of their own
    private static final String BY_PAGE = SELECT + " where m.id = any (array(%s)) order by m.id";
    private static final String BY_ID =
            SELECT + " where m.id = any (:ids::bigint[]) and m.state = 'DEAD' order by m.id";

    private static final String LAST = """
            select coalesce(pg_catalog.max(id), 0) from reliable_messaging.parked_message
            """;

    private static final String COUNT = """
            select pg_catalog.count(*) from (%s) counted
            """;

    private static final RowMapper<Candidate> CANDIDATE = (row, number) -> new Candidate(
            row.getLong("id"),
            new Queue(row.getString("consumer_group"), row.getString("topic"), row.getObject("queue", UUID.class)),
            row.getInt("redriven"),
            row.getString("target"));

    private final JdbcClient jdbc;
    private final Schema schema;
    private final OperationLog log;
    private final KeyLocks locks;

    /** The messages that are handled in one order: those of a key, or one message by itself. */
    public record Queue(String group, String topic, UUID id) {}

    /**
     * A dead letter that may be redriven.
     *
     * @param redriven how often it was redriven before
     * @param target its name in the operation log
     */
    public record Candidate(long id, Queue queue, int redriven, String target) {}

    /**
     * Creates it.
     *
     * @param autoCommit the very data source of the caller's transactions
     */
    public ChosenRedrive(DataSource autoCommit, Schema schema) {
        this.jdbc = JdbcClient.create(autoCommit);
        this.schema = schema;
        this.log = new OperationLog(autoCommit, schema);
        this.locks = new KeyLocks(jdbc, schema);
    }

    /** Returns the number of the newest message that is parked or dead; 0 if there is none. */
    public long last() {
        return jdbc.sql(schema.in(LAST)).query(Long.class).single();
    }

    /**
     * Finds the next dead letters that match, by ascending id.
     *
     * @param last leaves out those with a higher id
     */
    public List<Candidate> next(DeadLetterQuery query, long last, int limit) {
        DeadLetterCondition page = DeadLetterCondition.page(query, last, limit);
        return jdbc.sql(schema.in(BY_PAGE.formatted(page.sql())))
                .params(page.params())
                .query(CANDIDATE)
                .list();
    }

    /** Counts the dead letters that match, up to a limit. */
    public int count(DeadLetterQuery query, int most) {
        DeadLetterCondition page = DeadLetterCondition.page(query, Long.MAX_VALUE, most);
        return jdbc.sql(schema.in(COUNT.formatted(page.sql())))
                .params(page.params())
                .query(Integer.class)
                .single();
    }

    /** Finds those of these messages that are dead letters, by ascending id. */
    public List<Candidate> next(Collection<Long> ids) {
        return jdbc.sql(schema.in(BY_ID))
                .param("ids", ids.toArray(Long[]::new))
                .query(CANDIDATE)
                .list();
    }

    /**
     * Redrives dead letters, except those whose key is in use and those behind such a one of their key.
     *
     * @param candidates by ascending id
     * @param reason why, for the operation log
     * @return those that were redriven
     * @throws org.springframework.dao.PessimisticLockingFailureException if the first message of one of the keys is just being
     *     parked; the transaction must be rolled back
     */
    public List<Candidate> redrive(List<Candidate> candidates, String reason, String who) {
        if (candidates.isEmpty()) {
            return List.of();
        }
        Set<Long> locked =
                Set.copyOf(locks.take(candidates.stream().map(Candidate::id).toList(), false));
        Set<Queue> inUse = new HashSet<>();
        List<Candidate> redriven = new ArrayList<>();
        for (Candidate each : candidates) {
            if (locked.contains(each.id()) && !inUse.contains(each.queue())) {
                redriven.add(each);
            } else {
                inUse.add(each.queue());
            }
        }
        if (!redriven.isEmpty()) {
            CommandLog entries = new CommandLog(jdbc, schema, log, who, reason);
            Redrive.begin(jdbc, schema, entries, AT_ONCE)
                    .applyToDead(redriven.stream().map(Candidate::id).toList(), 0);
        }
        return redriven;
    }
}
