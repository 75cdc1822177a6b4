package io.reliablemessaging.inbox;

import io.reliablemessaging.schema.Schema;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import javax.sql.DataSource;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Deletes inbox rows that are older than the retention. Walks through the table block by block, about once a day through all of
 * it, in statements of some hundred rows that each commit on their own. So it costs the same whether there is much or nothing
 * to delete, and needs no index. (An index on the time would cost something for every message; a BRIN index is useless once new
 * rows fill the space of deleted ones, because its ranges only grow.)
 */
final class InboxPurge {

    /** The interval at which one of the instances takes a turn. */
    static final Duration EVERY = Duration.ofMinutes(5);

    static final int BLOCKS = 16;

    private static final int FEWEST_STATEMENTS = 64;
    private static final Duration LONGEST_ROUND = Duration.ofDays(1);

    private static final String TAKE_TURN = """
            update reliable_messaging.inbox_purge
               set next_at = pg_catalog.clock_timestamp() + pg_catalog.make_interval(secs => :seconds::float8)
             where next_at <= pg_catalog.clock_timestamp()
            returning next_block
            """;

    private static final String END_TURN = """
            update reliable_messaging.inbox_purge
               set next_block = :block::bigint, next_at = pg_catalog.clock_timestamp() + pg_catalog.make_interval(secs => :seconds::float8)
            """;

    private static final String SIZE = """
            select pg_catalog.pg_relation_size('reliable_messaging.inbox_message') / pg_catalog.current_setting('block_size')::int
            """;

    // Notes how far rows may be deleted, before any are: see PartitionHistory. The progress rows are locked first, so
    // that a consumer that begins with a partition either is seen here or sees the noted horizon.
    private static final String NOTE_HORIZONS = """
            with listened as materialized (
                    select consumer_group, topic, topic_id, partition, done_until
                      from reliable_messaging.partition_progress
                     where consumer_group = any (:groups::text[]) and not topic_gone
                     order by consumer_group, topic, topic_id, partition
                       for no key update),
                 reached as materialized (
                    select l.*, c.at, c.end_offset
                      from listened l
                      left join lateral (
                           select c.at, c.end_offset
                             from reliable_messaging.partition_checkpoint c
                            where c.consumer_group = l.consumer_group and c.topic = l.topic
                              and c.topic_id = l.topic_id and c.partition = l.partition
                              and c.end_offset <= l.done_until
                              and c.at <= pg_catalog.now() - pg_catalog.make_interval(secs => :age::float8)
                            order by c.at desc
                            limit 1) c on true),
                 limits as materialized (
                    select consumer_group, topic, pg_catalog.min(at) - pg_catalog.make_interval(secs => :again::float8) as until
                      from reached
                     group by consumer_group, topic
                    having pg_catalog.bool_and(at is not null)),
                 noted as (
                    update reliable_messaging.partition_progress p
                       set forgotten_until = r.end_offset
                      from reached r join limits using (consumer_group, topic)
                     where p.consumer_group = r.consumer_group and p.topic = r.topic and p.topic_id = r.topic_id
                       and p.partition = r.partition and p.forgotten_until < r.end_offset),
                 passed as (
                    delete from reliable_messaging.partition_checkpoint c
                     using reached r
                     where c.consumer_group = r.consumer_group and c.topic = r.topic and c.topic_id = r.topic_id
                       and c.partition = r.partition and c.at < r.at)
            select consumer_group, topic, until from limits
            """;

    // A parked message or a dead letter is not done, however old it is. The limit is a subquery for each row, not a
    // join: the planner could start a join from the groups and read all their rows.
    static final String DELETE = """
            delete from reliable_messaging.inbox_message i
             where i.ctid >= :from::tid and i.ctid < :until::tid
               and i.received_at < (
                   select l.until
                     from unnest(:groups::text[], :topics::text[], :limits::timestamptz[])
                          as l (consumer_group, topic, until)
                    where l.consumer_group = i.consumer_group and l.topic = i.topic)
               and not exists (
                   select from reliable_messaging.parked_message p
                    where p.consumer_group = i.consumer_group and p.topic = i.topic and p.message_id = i.message_id)
            """;

    private final JdbcClient jdbc;
    private final Schema schema;
    private final ListeningGroups groups;
    private final InboxRetention retention;

    /**
     * The time before which messages of a group and topic may be forgotten.
     *
     * @param group the consumer group
     * @param topic the topic
     * @param until messages received before this time may be forgotten
     */
    private record Limit(String group, String topic, OffsetDateTime until) {}

    InboxPurge(DataSource autoCommit, Schema schema, ListeningGroups groups, InboxRetention retention) {
        this.jdbc = JdbcClient.create(autoCommit);
        this.schema = schema;
        this.groups = groups;
        this.retention = retention;
    }

    /**
     * Takes a turn if one is due and no other instance has taken it.
     *
     * @param stopping checked between statements
     * @return number of deleted rows
     */
    long run(BooleanSupplier stopping) {
        Optional<Long> begin = jdbc.sql(schema.in(TAKE_TURN))
                .param("seconds", EVERY.toSeconds())
                .query(Long.class)
                .optional();
        return begin.isEmpty() ? 0 : walk(begin.get(), stopping);
    }

    private long walk(long begin, BooleanSupplier stopping) {
        List<Limit> limits = noteHorizons();
        long blocks = jdbc.sql(schema.in(SIZE)).query(Long.class).single();
        long statements = Math.min(statements(blocks), blocks / BLOCKS + 1);
        long deleted = 0;
        long block = begin;
        for (long i = 0; i < statements && !limits.isEmpty() && !stopping.getAsBoolean(); i++) {
            block = block < blocks ? block : 0;
            deleted += delete(block, limits);
            block += BLOCKS;
        }
        jdbc.sql(schema.in(END_TURN))
                .param("block", block)
                .param("seconds", EVERY.toSeconds())
                .update();
        return deleted;
    }

    // rows must not outlive a short retention by a whole day
    private long statements(long blocks) {
        Duration eighth = retention.remembered().dividedBy(8);
        Duration round = eighth.compareTo(LONGEST_ROUND) < 0 ? eighth : LONGEST_ROUND;
        long turns = Math.max(1, round.dividedBy(EVERY));
        return Math.max(FEWEST_STATEMENTS, blocks / BLOCKS / turns + 1);
    }

    private List<Limit> noteHorizons() {
        return jdbc.sql(schema.in(NOTE_HORIZONS))
                .param("groups", groups.all().toArray(String[]::new))
                .param("age", retention.checkpointAge().toSeconds())
                .param("again", retention.sentAgain().toSeconds())
                .query((row, number) ->
                        new Limit(row.getString(1), row.getString(2), row.getObject(3, OffsetDateTime.class)))
                .list();
    }

    private long delete(long block, List<Limit> limits) {
        return jdbc.sql(schema.in(DELETE))
                .param("from", "(%d,0)".formatted(block))
                .param("until", "(%d,0)".formatted(block + BLOCKS))
                .param("groups", limits.stream().map(Limit::group).toArray(String[]::new))
                .param("topics", limits.stream().map(Limit::topic).toArray(String[]::new))
                .param(
                        "limits",
                        limits.stream().map(limit -> limit.until().toString()).toArray(String[]::new))
                .update();
    }
}
