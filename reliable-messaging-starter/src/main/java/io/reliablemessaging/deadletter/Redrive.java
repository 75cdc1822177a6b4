package io.reliablemessaging.deadletter;

import io.reliablemessaging.schema.Schema;
import java.time.OffsetDateTime;
import java.util.List;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Dead letters wait again, with fresh attempts and before all that is behind them in their keys. Those that wait already are
 * tried now.
 */
final class Redrive implements Decision {

    private static final String NOW = "select pg_catalog.clock_timestamp()";

    private static final String FLIP = """
            with noted as (
                    insert into reliable_messaging.operation_log (who, action, target, reason)
                    select :who::text, 'redrive dead letter', topic || ' ' || consumer_group || ' ' || message_id::text,
                           'failed ' || attempts::text || case when attempts = 1 then ' time' else ' times' end || ', last with ' || error_class
                      from reliable_messaging.parked_message where id = any (:ids::bigint[]) order by id)
            update reliable_messaging.parked_message
               set state = 'WAITING', attempts = 0, redriven = redriven + 1, updated_at = pg_catalog.clock_timestamp()
             where id = any (:ids::bigint[])
            """;

    // A held key goes on if nothing behind those redriven is dead. One that is due for others stays so, and one that a
    // consumer has claimed is his until he has answered.
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

    // A key that is claimed is about to be handled. SKIP LOCKED: so is one that is locked, and it may take a while
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
                 noted as (
                    insert into reliable_messaging.operation_log (who, action, target)
                    select :who::text, 'retry parked message now', topic || ' ' || consumer_group || ' ' || message_id::text
                      from hurried order by id),
                 made_due as (
                    update reliable_messaging.parked_key k
                       set next_attempt_at = least(k.next_attempt_at, first.due)
                      from (select consumer_group, topic, queue, pg_catalog.min(due) as due from hurried
                             group by consumer_group, topic, queue) first
                     where k.consumer_group = first.consumer_group and k.topic = first.topic and k.queue = first.queue)
            select pg_catalog.count(*) from hurried
            """;

    private final JdbcClient jdbc;
    private final Schema schema;
    private final String who;
    private final double spacing;
    private final OffsetDateTime start;
    private final Orphans orphans;

    /**
     * Begins a redrive now.
     *
     * @param spacing seconds from one message to the next
     */
    Redrive(JdbcClient jdbc, Schema schema, String who, double spacing) {
        this.jdbc = jdbc;
        this.schema = schema;
        this.who = who;
        this.spacing = spacing;
        this.start = jdbc.sql(NOW).query(OffsetDateTime.class).single();
        this.orphans = new Orphans(jdbc, schema);
    }

    @Override
    public void about(List<Long> dead, int position) {
        of(FLIP, dead).update();
        spaced(MAKE_DUE, dead, position).update();
    }

    @Override
    public int aboutWaiting(List<Long> waiting, int position) {
        orphans.adopt(waiting); // or else nobody would ever try them
        return spaced(HURRY, waiting, position).query(Integer.class).single();
    }

    private JdbcClient.StatementSpec of(String sql, List<Long> ids) {
        return jdbc.sql(schema.in(sql)).param("who", who).param("ids", ids.toArray(Long[]::new));
    }

    private JdbcClient.StatementSpec spaced(String sql, List<Long> ids, int position) {
        return of(sql, ids).param("start", start).param("spacing", spacing).param("position", position);
    }
}
