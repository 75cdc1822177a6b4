package io.reliablemessaging.redrive;

import io.reliablemessaging.deadletter.ChosenRedrive.Candidate;
import io.reliablemessaging.operationlog.OperationLog;
import io.reliablemessaging.schema.Schema;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Stores which messages a job works on, and finds out what has become of them. Joins the caller's transaction. */
final class OpenMessages {

    static final String DISCARDED = "discard dead letter";

    private static final String ADD = """
            insert into reliable_messaging.redrive_message (job_id, parked_id, target, round)
            select :job::bigint, added.id, added.target, added.round
              from unnest(:ids::bigint[], :targets::text[], :rounds::int[]) as added (id, target, round)
                on conflict (job_id, parked_id) do update set round = excluded.round
            """;

    private static final String WAITING = """
            select parked_id from reliable_messaging.redrive_message
             where job_id = :job::bigint and round is null order by parked_id
            """;

    private static final String COUNT = """
            select pg_catalog.count(*) from reliable_messaging.redrive_message where job_id = :job::bigint
            """;

    // A row that is gone was handled, unless a person has discarded it: only dead letters can be discarded, so it had
    // failed
    // again. One that was redriven more often than by the job had failed again, too, before somebody else has redriven
    // it.
    private static final String ENDED = """
            select r.parked_id, r.target, m.id is not null as present, m.fingerprint
              from reliable_messaging.redrive_message r
              left join reliable_messaging.parked_message m on m.id = r.parked_id
             where r.job_id = :job::bigint and r.round is not null
               and (m.id is null or m.state = 'DEAD' or m.redriven <> r.round)
             order by r.parked_id
            """;

    private static final String FORGET = """
            delete from reliable_messaging.redrive_message where job_id = :job::bigint and parked_id = any (:ids::bigint[])
            """;

    private static final String FORGET_WAITING = """
            delete from reliable_messaging.redrive_message where job_id = :job::bigint and round is null
            """;

    private final JdbcClient jdbc;
    private final Schema schema;
    private final OperationLog log;

    OpenMessages(DataSource autoCommit, Schema schema) {
        this.jdbc = JdbcClient.create(autoCommit);
        this.schema = schema;
        this.log = new OperationLog(autoCommit, schema);
    }

    /**
     * What has become of redriven messages.
     *
     * @param fingerprint of one of the failures; null if none has one
     */
    record Outcomes(int succeeded, int failed, @Nullable String fingerprint) {}

    private record Ended(
            long id,
            String target,
            boolean present,
            @Nullable String fingerprint) {}

    /** Adds messages that were just redriven. */
    void add(long job, List<Candidate> redriven) {
        add(job, redriven, redriven.stream().map(each -> each.redriven() + 1).toArray(Integer[]::new));
    }

    /** Adds messages that could not be redriven yet. */
    void addWaiting(long job, List<Candidate> candidates) {
        add(job, candidates, new Integer[candidates.size()]);
    }

    private void add(long job, List<Candidate> candidates, @Nullable Integer[] rounds) {
        if (!candidates.isEmpty()) {
            sql(ADD, job)
                    .param("ids", candidates.stream().map(Candidate::id).toArray(Long[]::new))
                    .param("targets", candidates.stream().map(Candidate::target).toArray(String[]::new))
                    .param("rounds", rounds)
                    .update();
        }
    }

    /** Returns the messages that could not be redriven yet, by ascending id. */
    List<Long> waiting(long job) {
        return sql(WAITING, job).query(Long.class).list();
    }

    /** Counts the messages that the job works on. */
    int count(long job) {
        return sql(COUNT, job).query(Integer.class).single();
    }

    /** Forgets those messages that are not dead letters any more; returns how many. */
    int forget(long job, List<Long> ids, List<Candidate> dead) {
        Set<Long> gone = new HashSet<>(ids);
        dead.forEach(each -> gone.remove(each.id()));
        return gone.isEmpty() ? 0 : forget(job, gone.toArray(Long[]::new));
    }

    /** Forgets all messages that could not be redriven yet. */
    void forgetWaiting(long job) {
        sql(FORGET_WAITING, job).update();
    }

    /** Finds out what has become of the redriven messages, and forgets those that are handled or dead again. */
    Outcomes takeOutcomes(long job) {
        List<Ended> ended = sql(ENDED, job)
                .query((row, number) -> new Ended(
                        row.getLong("parked_id"),
                        row.getString("target"),
                        row.getBoolean("present"),
                        row.getString("fingerprint")))
                .list();
        if (ended.isEmpty()) {
            return new Outcomes(0, 0, null);
        }
        Set<String> discarded = log.findTargets(
                DISCARDED,
                ended.stream()
                        .filter(each -> !each.present())
                        .map(Ended::target)
                        .toList());
        List<Ended> failed = ended.stream()
                .filter(each -> each.present() || discarded.contains(each.target()))
                .toList();
        int forgotten = forget(job, ended.stream().map(Ended::id).toArray(Long[]::new));
        return new Outcomes(
                forgotten - failed.size(),
                failed.size(),
                failed.stream()
                        .flatMap(each -> Stream.ofNullable(each.fingerprint()))
                        .findFirst()
                        .orElse(null));
    }

    private int forget(long job, Long[] ids) {
        return sql(FORGET, job).param("ids", ids).update();
    }

    private JdbcClient.StatementSpec sql(String statement, long job) {
        return jdbc.sql(schema.in(statement)).param("job", job);
    }
}
