package io.reliablemessaging.deadletter;

import io.reliablemessaging.schema.Schema;
import java.time.OffsetDateTime;
import java.util.List;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Makes dead letters wait again, with all their attempts and before everything behind them in their keys. Parked messages
 * become due now.
 */
final class Redrive implements BulkCommands.Decision {

    private static final String NOW = "select pg_catalog.clock_timestamp()";

    private static final String FLIP = """
            update reliable_messaging.parked_message
               set state = 'WAITING', attempts = 0, redriven = redriven + 1, updated_at = pg_catalog.clock_timestamp()
             where id = any (:ids::bigint[])
            """;

    // A held key goes on if no message behind the redriven ones is dead. A key that is due because of other messages
    // stays due, and a claimed key stays with its consumer until that has answered.
    private static final String MAKE_DUE = """
            update reliable_messaging.parked_key k
               set held = k.held and exists (
                       select from reliable_messaging.parked_message m
                        where m.consumer_group = k.consumer_group and m.topic = k.topic and m.queue = k.queue
                          and m.state = 'DEAD' and m.id > redriven.last),
                   next_attempt_at = case when k.held then redriven.due
                                          when k.claimed then k.next_attempt_at
                                          else least(k.next_attempt_at, redriven.due) end
              from (select m.consumer_group, m.topic, m.queue, pg_catalog.max(m.id) as last,
                           :start::timestamptz + pg_catalog.make_interval(
                               secs => :spacing::float8 * (:position::bigint + pg_catalog.min(each.number) - 1)::float8) as due
                      from pg_catalog.unnest(:ids::bigint[]) with ordinality as each (id, number)
                      join reliable_messaging.parked_message m on m.id = each.id
                     group by m.consumer_group, m.topic, m.queue) redriven
             where k.consumer_group = redriven.consumer_group and k.topic = redriven.topic and k.queue = redriven.queue
            """;

    // A claimed key is about to be handled. SKIP LOCKED: so is a locked key, and its lock may last
    private static final String HURRY = """
            with free as materialized (
                    select k.consumer_group, k.topic, k.queue
                      from reliable_messaging.parked_key k
                     where not k.held and not k.claimed
                       and (k.consumer_group, k.topic, k.queue) in (
                           select m.consumer_group, m.topic, m.queue
                             from reliable_messaging.parked_message m where m.id = any (:ids::bigint[]))
                       for no key update of k skip locked),
                 hurried as (
                    select m.id, m.consumer_group, m.topic, m.queue, m.message_id,
                           :start::timestamptz + pg_catalog.make_interval(
                               secs => :spacing::float8 * (:position::bigint + pg_catalog.row_number() over (order by m.id) - 1)::float8)
                               as due
                      from reliable_messaging.parked_message m
                      join free using (consumer_group, topic, queue)
                     where m.id = any (:ids::bigint[]) and m.state = 'WAITING'),
                 made_due as (
                    update reliable_messaging.parked_key k
                       set next_attempt_at = least(k.next_attempt_at, first.due)
                      from (select consumer_group, topic, queue, pg_catalog.min(due) as due from hurried
                             group by consumer_group, topic, queue) first
                     where k.consumer_group = first.consumer_group and k.topic = first.topic and k.queue = first.queue)
            select topic || ' ' || consumer_group || ' ' || message_id::text from hurried order by id
            """;

    private final JdbcClient jdbc;
    private final Schema schema;
    private final CommandLog log;
    private final double spacing;
    private final OffsetDateTime start;
    private final OrphanedMessages orphanedMessages;

    private Redrive(JdbcClient jdbc, Schema schema, CommandLog log, double spacing, OffsetDateTime start) {
        this.jdbc = jdbc;
        this.schema = schema;
        this.log = log;
        this.spacing = spacing;
        this.start = start;
        this.orphanedMessages = new OrphanedMessages(jdbc, schema);
    }

    /**
     * Begins a redrive now, by the clock of the database.
     *
     * @param spacing seconds from one message to the next
     */
    static Redrive begin(JdbcClient jdbc, Schema schema, CommandLog log, double spacing) {
        OffsetDateTime now = jdbc.sql(NOW).query(OffsetDateTime.class).single();
        return new Redrive(jdbc, schema, log, spacing, now);
    }

    @Override
    public void applyToDead(List<Long> dead, int position) {
        log.noteWithHistory("redrive dead letter", dead);
        statement(FLIP, dead).update();
        spaced(MAKE_DUE, dead, position).update();
    }

    @Override
    public int applyToParked(List<Long> parked, int position) {
        orphanedMessages.adopt(parked); // otherwise no consumer would ever try them
        return log.inTransaction(() -> {
            List<String> hurried =
                    spaced(HURRY, parked, position).query(String.class).list();
            log.noteTargets("retry parked message now", hurried);
            return hurried.size();
        });
    }

    private JdbcClient.StatementSpec statement(String sql, List<Long> ids) {
        return jdbc.sql(schema.in(sql)).param("ids", ids.toArray(Long[]::new));
    }

    private JdbcClient.StatementSpec spaced(String sql, List<Long> ids, int position) {
        return statement(sql, ids)
                .param("start", start)
                .param("spacing", spacing)
                .param("position", position);
    }
}
