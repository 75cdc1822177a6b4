package io.reliablemessaging.failures;

import io.reliablemessaging.DeadLetter.State;
import io.reliablemessaging.DeadLetterQuery;
import io.reliablemessaging.FailureGroup;
import io.reliablemessaging.schema.Schema;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Reads the groups of the failed messages. It begins with the messages, not with {@code failure_group}: a group is shown as long
 * as it has messages, also if its row was lost in a crash. Reads no table from one end to the other: at most 10,000 groups are
 * found, and at most 10,000 messages of each state are counted in each group that is returned.
 */
public final class FailureGroupReader {

    private static final int PAGE = 100;
    private static final int MOST_GROUPS = 10_000;
    private static final int MOST_MESSAGES = 10_000;

    // one index probe for each fingerprint, however many messages it has
    private static final String FOUND = """
            with recursive found as (
                (select m.fingerprint, 1 as number from reliable_messaging.parked_message m
                  where m.fingerprint is not null and m.fingerprint >= :first::text and m.fingerprint <= :last::text
                  order by m.fingerprint, m.state, m.id limit 1)
                union all
                select next.fingerprint, found.number + 1
                  from found
                 cross join lateral (
                       select m.fingerprint from reliable_messaging.parked_message m
                        where m.fingerprint is not null and m.fingerprint > found.fingerprint and m.fingerprint <= :last::text
                        order by m.fingerprint, m.state, m.id limit 1) next
                 where found.number < :mostGroups::int
            ), known as (
                select found.fingerprint, coalesce(g.consumer_group, sample.consumer_group) as consumer_group,
                       coalesce(g.topic, sample.topic) as topic, coalesce(g.error_class, sample.error_class) as error_class,
                       g.frame, sample.error_message, coalesce(g.first_seen, sample.parked_at) as first_seen,
                       coalesce(g.last_seen, sample.updated_at) as last_seen, g.first_version, g.last_version,
                       coalesce(g.failures, 0) as failures
                  from found
                 cross join lateral (
                       select * from reliable_messaging.parked_message m
                        where m.fingerprint is not null and m.fingerprint >= found.fingerprint and m.fingerprint <= found.fingerprint
                        order by m.fingerprint, m.state, m.id limit 1) sample
                  left join reliable_messaging.failure_group g on g.fingerprint = found.fingerprint
            )
            """;

    // the same for the failures of each listener that have no fingerprint
    private static final String UNMARKED = """
            with recursive found as (
                (select m.consumer_group, m.topic, 1 as number from reliable_messaging.parked_message m
                  where m.fingerprint is null and m.error_class is not null
                  order by m.consumer_group, m.topic, m.state, m.id limit 1)
                union all
                select next.consumer_group, next.topic, found.number + 1
                  from found
                 cross join lateral (
                       select m.consumer_group, m.topic from reliable_messaging.parked_message m
                        where m.fingerprint is null and m.error_class is not null
                          and (m.consumer_group, m.topic) > (found.consumer_group, found.topic)
                        order by m.consumer_group, m.topic, m.state, m.id limit 1) next
                 where found.number < :mostGroups::int
            ), known as (
                select 'none' as fingerprint, found.consumer_group, found.topic, null::text as error_class, null::text as frame,
                       sample.error_message, sample.parked_at as first_seen, sample.updated_at as last_seen,
                       null::text as first_version, null::text as last_version, 0::bigint as failures
                  from found
                 cross join lateral (
                       select * from reliable_messaging.parked_message m
                        where m.fingerprint is null and m.error_class is not null
                          and (m.consumer_group, m.topic) >= (found.consumer_group, found.topic)
                        order by m.consumer_group, m.topic, m.state, m.id limit 1) sample
            )
            """;

    private static final String GROUPS = """
            select known.*, least(dead.matching, :most::bigint) as dead, dead.looked > :most::bigint as more_dead,
                   least(waiting.matching, :most::bigint) as waiting, waiting.looked > :most::bigint as more_waiting
              from (select * from known
                     where (:group::text is null or consumer_group = :group::text)
                       and (:topic::text is null or topic = :topic::text)
                     order by last_seen desc) known
             cross join lateral (%s) dead
             cross join lateral (%s) waiting
             where dead.matching + waiting.matching > 0
             order by known.last_seen desc
             limit :limit::bigint
            """;

    private static final String COUNT = """
            select pg_catalog.count(*) as looked, pg_catalog.count(*) filter (where %s) as matching
              from (select * from reliable_messaging.parked_message m where %s limit :%s::bigint) m
            """;

    // ranges and an order that only one index has: otherwise PostgreSQL may take another one, and walk past all other
    // messages
    private static final String OF_FINGERPRINT = """
            m.fingerprint is not null and (m.fingerprint, m.state) >= (known.fingerprint, '%1$s')
               and (m.fingerprint, m.state) <= (known.fingerprint, '%1$s')
             order by m.fingerprint, m.state, m.id
            """;

    private static final String OF_LISTENER = """
            m.fingerprint is null and m.error_class is not null
               and (m.consumer_group, m.topic, m.state) >= (known.consumer_group, known.topic, '%1$s')
               and (m.consumer_group, m.topic, m.state) <= (known.consumer_group, known.topic, '%1$s')
             order by m.consumer_group, m.topic, m.state, m.id
            """;

    private final JdbcClient jdbc;
    private final Schema schema;

    public FailureGroupReader(DataSource autoCommit, Schema schema) {
        this.jdbc = JdbcClient.create(autoCommit);
        this.schema = schema;
    }

    /**
     * Finds the groups of the messages that match, the last failure first; of groups that failed at the same time the largest
     * first.
     *
     * @param condition the query as a condition on a row {@code m} of {@code parked_message}
     * @param params the parameters of the condition
     */
    public List<FailureGroup> find(DeadLetterQuery query, String condition, Map<String, Object> params) {
        boolean unmarked = FailureGroup.NO_FINGERPRINT.equals(query.fingerprint());
        List<FailureGroup> groups = new ArrayList<>();
        if (!unmarked) {
            groups.addAll(read(sqlOfFingerprints(condition), query, params));
        }
        if (unmarked || query.fingerprint() == null) {
            groups.addAll(read(sql(UNMARKED, OF_LISTENER, condition), query, params));
        }
        return groups.stream()
                .sorted(Comparator.comparing(FailureGroup::lastSeen)
                        .thenComparing(group -> group.dead() + group.waiting())
                        .reversed())
                .limit(limit(query))
                .toList();
    }

    private List<FailureGroup> read(String sql, DeadLetterQuery query, Map<String, Object> params) {
        return jdbc.sql(schema.in(sql))
                .params(params(query, params))
                .query((row, number) -> group(row))
                .list();
    }

    static Map<String, @Nullable Object> params(DeadLetterQuery query, Map<String, Object> condition) {
        Map<String, @Nullable Object> params = new HashMap<>(condition);
        params.put("first", Objects.requireNonNullElse(query.fingerprint(), ""));
        params.put("last", Objects.requireNonNullElse(query.fingerprint(), "g")); // after all hex digits
        params.put("mostGroups", MOST_GROUPS);
        params.put("most", MOST_MESSAGES);
        params.put("mostDead", mostOf(State.DEAD, query));
        params.put("mostWaiting", mostOf(State.WAITING, query));
        params.put("group", condition.get("group"));
        params.put("topic", condition.get("topic"));
        params.put("limit", limit(query));
        return params;
    }

    static String sqlOfFingerprints(String condition) {
        return sql(FOUND, OF_FINGERPRINT, condition);
    }

    private static String sql(String known, String messages, String condition) {
        String dead = COUNT.formatted(condition, messages.formatted(State.DEAD), "mostDead");
        String waiting = COUNT.formatted(condition, messages.formatted(State.WAITING), "mostWaiting");
        return known + GROUPS.formatted(dead, waiting);
    }

    // one more than is counted, to know whether there are more
    private static int mostOf(State state, DeadLetterQuery query) {
        return query.state() == null || query.state() == state ? MOST_MESSAGES + 1 : 0;
    }

    private static int limit(DeadLetterQuery query) {
        return Objects.requireNonNullElse(query.limit(), PAGE);
    }

    private static FailureGroup group(ResultSet row) throws SQLException {
        return new FailureGroup(
                row.getString("fingerprint"),
                row.getString("consumer_group"),
                row.getString("topic"),
                row.getString("error_class"),
                row.getString("frame"),
                row.getString("error_message"),
                instant(row, "first_seen"),
                instant(row, "last_seen"),
                row.getString("first_version"),
                row.getString("last_version"),
                row.getLong("failures"),
                row.getLong("dead"),
                row.getBoolean("more_dead"),
                row.getLong("waiting"),
                row.getBoolean("more_waiting"));
    }

    private static Instant instant(ResultSet row, String column) throws SQLException {
        return row.getObject(column, OffsetDateTime.class).toInstant();
    }
}
