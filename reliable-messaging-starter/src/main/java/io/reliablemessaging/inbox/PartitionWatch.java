package io.reliablemessaging.inbox;

import io.reliablemessaging.schema.AutoCommitDataSource;
import io.reliablemessaging.schema.Schema;
import javax.sql.DataSource;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.core.simple.JdbcClient.StatementSpec;

/**
 * Remembers how the consumers of a partition ended. A record that kills the process is never counted by a failure; it shows
 * when several consumers in a row die without getting further. All methods commit by themselves.
 */
public final class PartitionWatch {

    private static final String BEGIN = """
            insert into reliable_messaging.listener_partition as p (consumer_group, topic, partition, began_at, clean)
            values (:group, :topic, :partition, :position, false)
            on conflict (consumer_group, topic, partition) do update
               set deaths = case when p.clean or p.began_at <> excluded.began_at then 0 else p.deaths + 1 end,
                   suspect = case when p.clean or p.began_at <> excluded.began_at then null else p.suspect end,
                   began_at = excluded.began_at,
                   clean = false
            returning deaths
            """;

    // one at a time, in the order of their offsets: the last one noted is where the consumer died, not those before it
    private static final String SUSPECT = """
            update reliable_messaging.listener_partition
               set suspect_tries = case when suspect = :offset then suspect_tries + 1
                                        when suspect > :offset then suspect_tries
                                        else 1 end,
                   suspect = greatest(suspect, :offset)
             where consumer_group = :group and topic = :topic and partition = :partition
            returning case when suspect = :offset then suspect_tries else 0 end
            """;

    private static final String END = """
            update reliable_messaging.listener_partition set clean = true
             where consumer_group = :group and topic = :topic and partition = :partition
            """;

    private final JdbcClient jdbc;
    private final Schema schema;

    PartitionWatch(DataSource dataSource, Schema schema) {
        this.jdbc = JdbcClient.create(new AutoCommitDataSource(dataSource));
        this.schema = schema;
    }

    /**
     * Notes that a consumer begins.
     *
     * @return how many consumers before it have died at this position
     */
    public int begin(String group, String topic, int partition, long position) {
        return of(BEGIN, group, topic, partition)
                .param("position", position)
                .query(Integer.class)
                .single();
    }

    /**
     * Notes which record is about to be handled.
     *
     * @return how often it has been noted as the last one, this time included
     */
    public int suspect(String group, String topic, int partition, long offset) {
        return of(SUSPECT, group, topic, partition)
                .param("offset", offset)
                .query(Integer.class)
                .single();
    }

    /** Notes that the consumer has handed the partition over. */
    public void end(String group, String topic, int partition) {
        of(END, group, topic, partition).update();
    }

    private StatementSpec of(String sql, String group, String topic, int partition) {
        return jdbc.sql(schema.in(sql))
                .param("group", group)
                .param("topic", topic)
                .param("partition", partition);
    }
}
