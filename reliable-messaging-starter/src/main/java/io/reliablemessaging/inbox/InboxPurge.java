package io.reliablemessaging.inbox;

import io.reliablemessaging.schema.Schema;
import java.time.Duration;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import javax.sql.DataSource;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Deletes what was received longer ago than the retention. It walks through the table from block to block, all of it about
 * once a day, in statements of some hundred rows that each commit by themselves. So it costs the same whether there is much
 * to delete or nothing, and needs no index. (One on the time would cost every message; a BRIN index is of no use once new
 * rows fill the space of deleted ones, because its ranges only ever grow.)
 */
final class InboxPurge {

    /** How often one of the instances takes its turn. */
    static final Duration EVERY = Duration.ofMinutes(5);

    static final int BLOCKS = 16;

    // the database's clock and that of Kafka or a producer may differ
    private static final Duration CLOCKS_DIFFER = Duration.ofHours(1);

    private static final int FEWEST_STATEMENTS = 64;
    private static final Duration LONGEST_ROUND = Duration.ofDays(1);

    private static final String TAKE_TURN = """
            update reliable_messaging.inbox_purge
               set next_at = clock_timestamp() + make_interval(secs => :seconds)
             where next_at <= clock_timestamp()
            returning next_block
            """;

    private static final String END_TURN = """
            update reliable_messaging.inbox_purge
               set next_block = :block, next_at = clock_timestamp() + make_interval(secs => :seconds)
            """;

    private static final String SIZE = """
            select pg_relation_size('reliable_messaging.inbox_message') / current_setting('block_size')::int
            """;

    // What is parked or dead is not done, however old it is. What is forgotten is noted in the same statement.
    static final String DELETE = """
            with gone as (
                    delete from reliable_messaging.inbox_message i
                     where i.ctid >= :from::tid and i.ctid < :until::tid
                       and i.received_at < now() - make_interval(secs => :seconds)
                       and i.consumer_group = any (:groups)
                       and not exists (
                           select from reliable_messaging.parked_message p
                            where p.consumer_group = i.consumer_group and p.topic = i.topic
                              and p.message_id = i.message_id)
                    returning i.consumer_group, i.topic, i.received_at),
                 noted as (
                    insert into reliable_messaging.inbox_horizon as h (consumer_group, topic, received_until)
                    select consumer_group, topic, max(received_at) from gone group by consumer_group, topic
                    on conflict (consumer_group, topic) do update
                       set received_until = greatest(h.received_until, excluded.received_until))
            select count(*) from gone
            """;

    private final JdbcClient jdbc;
    private final Schema schema;
    private final ListeningGroups groups;
    private final Duration retention;

    InboxPurge(DataSource autoCommit, Schema schema, ListeningGroups groups, Duration retention) {
        this.jdbc = JdbcClient.create(autoCommit);
        this.schema = schema;
        this.groups = groups;
        this.retention = retention;
    }

    /**
     * Takes a turn, if one is due and no other instance has taken it.
     *
     * @param stopping asked between statements
     * @return rows deleted
     */
    long run(BooleanSupplier stopping) {
        Optional<Long> begin = jdbc.sql(schema.in(TAKE_TURN))
                .param("seconds", EVERY.toSeconds())
                .query(Long.class)
                .optional();
        return begin.isEmpty() ? 0 : walk(begin.get(), stopping);
    }

    private long walk(long begin, BooleanSupplier stopping) {
        long blocks = jdbc.sql(schema.in(SIZE)).query(Long.class).single();
        long statements = Math.min(statements(blocks), blocks / BLOCKS + 1);
        long deleted = 0;
        long block = begin;
        for (long i = 0; i < statements && !stopping.getAsBoolean(); i++) {
            block = block < blocks ? block : 0;
            deleted += delete(block);
            block += BLOCKS;
        }
        jdbc.sql(schema.in(END_TURN))
                .param("block", block)
                .param("seconds", EVERY.toSeconds())
                .update();
        return deleted;
    }

    // a short retention is not to be overdrawn by a day
    private long statements(long blocks) {
        Duration round = retention.dividedBy(8).compareTo(LONGEST_ROUND) < 0 ? retention.dividedBy(8) : LONGEST_ROUND;
        long turns = Math.max(1, round.dividedBy(EVERY));
        return Math.max(FEWEST_STATEMENTS, blocks / BLOCKS / turns + 1);
    }

    private long delete(long block) {
        return jdbc.sql(schema.in(DELETE))
                .param("from", "(%d,0)".formatted(block))
                .param("until", "(%d,0)".formatted(block + BLOCKS))
                .param("seconds", retention.plus(CLOCKS_DIFFER).toSeconds())
                .param("groups", groups.all().toArray(String[]::new))
                .query(Long.class)
                .single();
    }
}
