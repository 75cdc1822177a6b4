package io.reliablemessaging.support;

import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * A table of parked messages that is large, and in which what is rare comes last: after the others in each index that PostgreSQL
 * might walk through by mistake.
 */
public final class ManyDeadLetters {

    /** The fault of the last messages. A quarter of the others has one fault, the rest 49 by turns. */
    public static final String LATE_FINGERPRINT = "ffffffffffffffff";

    private static final Pattern BUFFERS = Pattern.compile("\"Shared (?:Hit|Read) Blocks\": (\\d+)");

    private static final String INSERT = """
            insert into reliable_messaging.parked_message (consumer_group, topic, message_id, source_partition, source_offset,
                        queue, key, value, headers, state, attempts, error_class, error_message, stack_trace, parked_at, fingerprint)
            select case when n > %1$d * 0.99 then 'late' else 'group' || n %% 3 end, 'topic' || n %% 4, gen_random_uuid(), 0, n,
                   md5('k' || n %% (%1$d / 10))::uuid, convert_to('k' || n %% (%1$d / 10), 'UTF8'), convert_to(repeat('x', 300), 'UTF8'),
                   '\\x0000', case when n > %1$d * 0.97 and n %% 3 = 0 then 'WAITING' else 'DEAD' end, 5,
                   case when n > %1$d * 0.995 then 'java.net.Outer$LateException' else 'java.lang.IllegalStateException' end,
                   case when n > %1$d * 0.98 then 'connection refused, order-' else 'no stock for order-' end || n, 'trace',
                   '2026-01-01T00:00Z'::timestamptz + n * interval '1 second',
                   case when n > %1$d * 0.985 then 'ffffffffffffffff' else lpad(to_hex(case when n %% 4 = 0 then 0 else n %% 49 end), 16, '0') end
              from generate_series(1, %1$d) n
            """;

    private static final String INSERT_KEYS = """
            insert into reliable_messaging.parked_key (consumer_group, topic, queue, next_attempt_at)
            select distinct consumer_group, topic, queue, now() from reliable_messaging.parked_message where state = 'WAITING'
            """;

    private ManyDeadLetters() {}

    /** A plan that was carried out. */
    public record Plan(long buffers, String text) {

        /** Tells whether a table was read from one end to the other. */
        public boolean readsAll(String table) {
            return Pattern.compile("\"Seq Scan\",[^}]*?\"Relation Name\": \"" + table + "\"")
                    .matcher(text)
                    .find();
        }
    }

    /** Inserts so many into the empty tables. PostgreSQL believes that the tables are empty. */
    public static void insert(JdbcTemplate sql, int rows) {
        for (String table : new String[] {"parked_message", "parked_key"}) {
            sql.execute("alter table reliable_messaging.%s set (autovacuum_enabled = false)".formatted(table));
            sql.execute("analyze reliable_messaging." + table);
        }
        sql.update(INSERT.formatted(rows));
        sql.update(INSERT_KEYS);
    }

    /** Carries out a statement, and tells how. */
    public static Plan explain(JdbcClient sql, String statement, Map<String, ? extends @Nullable Object> params) {
        String text = sql.sql("explain (analyze, buffers, timing off, format json) " + statement)
                .params(params)
                .query(String.class)
                .single();
        Matcher top = BUFFERS.matcher(text); // hit and read of the top node come first
        long buffers = top.results()
                .limit(2)
                .map(MatchResult::group)
                .mapToLong(found -> Long.parseLong(found.substring(found.lastIndexOf(' ') + 1)))
                .sum();
        return new Plan(buffers, text);
    }
}
