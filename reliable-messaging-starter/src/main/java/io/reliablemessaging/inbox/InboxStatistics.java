package io.reliablemessaging.inbox;

import io.reliablemessaging.schema.Schema;
import java.time.OffsetDateTime;
import javax.sql.DataSource;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Reads size and age of the inbox from PostgreSQL's statistics, which is cheap however large it is. */
public final class InboxStatistics {

    private static final String SIZE = """
            select greatest(c.reltuples, 0)::bigint as messages, pg_catalog.pg_total_relation_size(c.oid) as bytes,
                   (select (s.histogram_bounds::text::timestamptz[])[1]
                      from pg_catalog.pg_stats s
                     where s.schemaname = n.nspname and s.tablename = c.relname and s.attname = 'received_at') as oldest
              from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
             where c.oid = 'reliable_messaging.inbox_message'::regclass::oid
            """;

    private final JdbcClient jdbc;
    private final Schema schema;

    InboxStatistics(DataSource autoCommit, Schema schema) {
        this.jdbc = JdbcClient.create(autoCommit);
        this.schema = schema;
    }

    /** Reads the present size. */
    public InboxSize size() {
        return jdbc.sql(schema.in(SIZE))
                .query((row, number) -> {
                    OffsetDateTime oldest = row.getObject("oldest", OffsetDateTime.class);
                    return new InboxSize(
                            row.getLong("messages"), row.getLong("bytes"), oldest == null ? null : oldest.toInstant());
                })
                .single();
    }
}
