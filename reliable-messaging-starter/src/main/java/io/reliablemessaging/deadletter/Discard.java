package io.reliablemessaging.deadletter;

import io.reliablemessaging.schema.Schema;
import java.util.List;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Discards dead letters. The inbox still knows that the group has taken charge of them. */
final class Discard implements BulkCommands.Decision {

    private static final String LET_GO = """
            update reliable_messaging.parked_key k
               set held = false, next_attempt_at = pg_catalog.clock_timestamp()
              from (select consumer_group, topic, queue, pg_catalog.max(id) as last
                      from reliable_messaging.parked_message where id = any (:ids::bigint[])
                     group by consumer_group, topic, queue) discarded
             where k.consumer_group = discarded.consumer_group and k.topic = discarded.topic
               and k.queue = discarded.queue and k.held
               and not exists (
                   select from reliable_messaging.parked_message m
                    where m.consumer_group = k.consumer_group and m.topic = k.topic and m.queue = k.queue
                      and m.state = 'DEAD' and m.id > discarded.last)
            """;

    // Removes keys in which no message waits, so that live messages need not read this table. The keys are locked and
    // this transaction is READ COMMITTED, so the statement sees all that was appended.
    private static final String CLOSE = """
            with gone as (
            delete from reliable_messaging.parked_key k
             where (k.consumer_group, k.topic, k.queue) in (
                   select m.consumer_group, m.topic, m.queue
                     from reliable_messaging.parked_message m where m.id = any (:ids::bigint[]))
               and not k.held
               and not exists (
                   select from reliable_messaging.parked_message m
                    where m.consumer_group = k.consumer_group and m.topic = k.topic and m.queue = k.queue
                      and m.state = 'WAITING' and not m.in_place)
            returning k.consumer_group, k.topic, k.queue)
            delete from reliable_messaging.parked_mark m using gone
             where m.consumer_group = gone.consumer_group and m.topic = gone.topic and m.queue = gone.queue
            """;

    private static final String DELETE =
            "delete from reliable_messaging.parked_message where id = any (:ids::bigint[])";

    private final JdbcClient jdbc;
    private final Schema schema;
    private final CommandLog log;

    Discard(JdbcClient jdbc, Schema schema, CommandLog log) {
        this.jdbc = jdbc;
        this.schema = schema;
        this.log = log;
    }

    @Override
    public void applyToDead(List<Long> dead, int position) {
        log.note("discard dead letter", dead);
        statement(LET_GO, dead).update();
        statement(CLOSE, dead).update();
        statement(DELETE, dead).update();
    }

    @Override
    public int applyToParked(List<Long> parked, int position) {
        return 0;
    }

    private JdbcClient.StatementSpec statement(String sql, List<Long> ids) {
        return jdbc.sql(schema.in(sql)).param("ids", ids.toArray(Long[]::new));
    }
}
