package io.reliablemessaging.deadletter;

import io.reliablemessaging.deadletter.ParkedQueues.Due;
import io.reliablemessaging.deadletter.ParkedQueues.Wanted;
import io.reliablemessaging.schema.Schema;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.RowCallbackHandler;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Claims due keys for all listeners of an instance in one statement that commits on its own. */
final class DueKeys {

    // only has to cover the moments in which no transaction holds the key's lock
    private static final Duration CLAIM = Duration.ofSeconds(15);

    // SKIP LOCKED: a key that is being worked on is skipped as a whole; its second message is never handed out before
    // the first is done. statement_timestamp() and not clock_timestamp(), so that the index on the time is used: keys
    // that are not due yet cost nothing, however many there are. A mark that is still there was left by a consumer that
    // died in the handler, unless this process itself left it: its answer was lost, with the connection for example.
    private static final String CLAIM_DUE = """
            with wanted as materialized (
                select * from unnest(:numbers::int[], :groups::text[], :topics::text[], :limits::int[])
                           as w (number, consumer_group, topic, most)
            ), due as materialized (
                select key.*
                  from (select number, pg_catalog.max(most) as most from wanted group by number) listener
                 cross join lateral (
                       select k.consumer_group, k.topic, k.queue
                         from wanted w
                        cross join lateral (
                              select p.consumer_group, p.topic, p.queue, p.next_attempt_at
                                from reliable_messaging.parked_key p
                               where p.consumer_group = w.consumer_group and p.topic = w.topic and not p.held
                                 and p.next_attempt_at <= pg_catalog.statement_timestamp()
                               order by p.next_attempt_at limit listener.most
                                 for no key update of p skip locked) k
                        where w.number = listener.number
                        order by k.next_attempt_at limit listener.most) key
            ), marked as (
                delete from reliable_messaging.parked_mark m using due
                 where m.consumer_group = due.consumer_group and m.topic = due.topic and m.queue = due.queue
                returning m.*
            ), claimed as (
                update reliable_messaging.parked_key k
                   set claim = k.claim + 1,
                       claimed = true,
                       unanswered = k.unanswered
                                  + case when marked.claim = k.claim and marked.process <> :process::uuid then 1 else 0 end,
                       next_attempt_at = pg_catalog.clock_timestamp() + pg_catalog.make_interval(secs => :seconds::float8)
                  from due left join marked using (consumer_group, topic, queue)
                 where k.consumer_group = due.consumer_group and k.topic = due.topic and k.queue = due.queue
                returning k.consumer_group, k.topic, k.queue, k.claim, k.unanswered
            ), next as (
                select (extract(epoch from pg_catalog.min(first.next_attempt_at) - pg_catalog.statement_timestamp()) * 1000000.0)::bigint
                           as micros
                  from wanted w
                 cross join lateral (
                       select p.next_attempt_at
                         from reliable_messaging.parked_key p
                        where p.consumer_group = w.consumer_group and p.topic = w.topic and not p.held
                          and p.next_attempt_at > pg_catalog.statement_timestamp()
                          and p.next_attempt_at < 'infinity'
                        order by p.next_attempt_at limit 1) first
            )
            select next.micros, claimed.*, head.id, head.message_id, head.source_partition, head.source_offset, head.key,
                   head.value, head.headers, head.published_at, head.attempts, head.uncounted
              from next
              left join claimed on true
              left join lateral (
                   select * from reliable_messaging.parked_message m
                    where m.consumer_group = claimed.consumer_group and m.topic = claimed.topic
                      and m.queue = claimed.queue and m.state = 'WAITING' and not m.in_place
                    order by m.id limit 1) head on true
            """;

    private final JdbcClient autoCommit;
    private final String claimDue;
    private final UUID process;

    DueKeys(JdbcClient autoCommit, Schema schema, UUID process) {
        this.autoCommit = autoCommit;
        this.claimDue = schema.in(CLAIM_DUE);
        this.process = process;
    }

    /** A key without a message. */
    record Empty(KeyClaim.Key key, long claim) {}

    /** The result of a claim: the claims, and keys in which no message waits. */
    record Found(Due due, List<Empty> empty) {}

    Found claim(List<Wanted> wanted) {
        Rows rows = new Rows();
        if (!wanted.isEmpty()) {
            Parameters parameters = new Parameters(wanted);
            autoCommit
                    .sql(claimDue)
                    .param("numbers", parameters.numbers.toArray(Integer[]::new))
                    .param("groups", parameters.groups.toArray(String[]::new))
                    .param("topics", parameters.topics.toArray(String[]::new))
                    .param("limits", parameters.limits.toArray(Integer[]::new))
                    .param("process", process)
                    .param("seconds", (double) CLAIM.toSeconds())
                    .query(rows);
        }
        return new Found(new Due(List.copyOf(rows.claims), rows.next), List.copyOf(rows.empty));
    }

    private static final class Parameters {

        private final List<Integer> numbers = new ArrayList<>();
        private final List<String> groups = new ArrayList<>();
        private final List<String> topics = new ArrayList<>();
        private final List<Integer> limits = new ArrayList<>();

        private Parameters(List<Wanted> wanted) {
            for (int i = 0; i < wanted.size(); i++) {
                Wanted each = wanted.get(i);
                for (String topic : each.topics()) {
                    numbers.add(i);
                    groups.add(each.group());
                    topics.add(topic);
                    limits.add(each.limit());
                }
            }
        }
    }

    private static final class Rows implements RowCallbackHandler {

        private final List<KeyClaim> claims = new ArrayList<>();
        private final List<Empty> empty = new ArrayList<>();
        private @Nullable Duration next;

        @Override
        public void processRow(ResultSet row) throws SQLException {
            long micros = row.getLong("micros");
            if (!row.wasNull()) {
                next = Duration.ofNanos(1000 * micros);
            }
            String group = row.getString("consumer_group");
            if (group == null) {
                return;
            }
            if (row.getObject("id") == null) {
                UUID queue = Objects.requireNonNull(row.getObject("queue", UUID.class));
                empty.add(new Empty(new KeyClaim.Key(group, row.getString("topic"), queue), row.getLong("claim")));
            } else {
                claims.add(new KeyClaim(row));
            }
        }
    }
}
