package io.reliablemessaging.pause;

import io.reliablemessaging.MessagingSnapshot.Listener.Pause;
import io.reliablemessaging.operationlog.OperationLog;
import io.reliablemessaging.schema.Schema;
import java.time.OffsetDateTime;
import java.util.Collection;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Reads and writes {@code paused_listener}. */
final class PausedListeners {

    private static final String READ = """
            select consumer_group, topic, since, who, reason from reliable_messaging.paused_listener
            """;

    // a command of another instance about the same listener is waited for, but not for ever
    private static final String BOUND_WAIT = "select pg_catalog.set_config('lock_timeout', '10s', true)";

    // in the order of the topics, so that two commands wait for each other without a deadlock
    private static final String PAUSE = """
            insert into reliable_messaging.paused_listener (consumer_group, topic, who, reason)
            select :group::text, own.topic, :who::text, :reason::text
              from pg_catalog.unnest(:topics::text[]) as own (topic)
             where not exists (select from reliable_messaging.paused_listener p
                                where p.consumer_group = :group::text and p.topic = any (:topics::text[]))
             order by own.topic
                on conflict (consumer_group, topic) do nothing
            """;

    private static final String RESUME = """
            delete from reliable_messaging.paused_listener
             where consumer_group = :group::text and topic = any (:topics::text[])
            """;

    private final JdbcClient jdbc;
    private final Schema schema;
    private final OperationLog log;

    /**
     * A listener.
     *
     * @param id its id, for the operation log
     * @param group its consumer group
     * @param topics its topics
     */
    record Named(String id, String group, Collection<String> topics) {}

    PausedListeners(DataSource autoCommit, Schema schema) {
        this.jdbc = JdbcClient.create(autoCommit);
        this.schema = schema;
        this.log = new OperationLog(autoCommit, schema);
    }

    /** Reads all pauses; there are as many as people have commanded. */
    Map<PausedTopic, Pause> read() {
        return jdbc
                .sql(schema.in(READ))
                .query((row, number) -> Map.entry(
                        new PausedTopic(row.getString("consumer_group"), row.getString("topic")),
                        new Pause(
                                row.getObject("since", OffsetDateTime.class).toInstant(),
                                row.getString("who"),
                                row.getString("reason"))))
                .list()
                .stream()
                .collect(Collectors.toUnmodifiableMap(Map.Entry::getKey, Map.Entry::getValue));
    }

    /**
     * Stores that a listener is paused, and notes it in the operation log.
     *
     * @return false if it was paused before: nothing was changed or noted
     */
    boolean pause(Named listener, String reason, String who) {
        return noted(
                "pause listener",
                listener,
                reason,
                who,
                () -> on(PAUSE, listener)
                        .param("who", who)
                        .param("reason", reason)
                        .update());
    }

    /**
     * Stores that a listener goes on, and notes it in the operation log.
     *
     * @return false if it was not paused: nothing was changed or noted
     */
    boolean resume(Named listener, String reason, String who) {
        return noted(
                "resume listener",
                listener,
                reason,
                who,
                () -> on(RESUME, listener).update());
    }

    private boolean noted(String action, Named listener, String reason, String who, Supplier<Integer> command) {
        return log.inTransaction(() -> {
            String unused = jdbc.sql(BOUND_WAIT).query(String.class).single();
            boolean changed = command.get() > 0;
            if (changed) {
                log.note(who, action, listener.id(), reason);
            }
            return changed;
        });
    }

    private JdbcClient.StatementSpec on(String sql, Named listener) {
        return jdbc.sql(schema.in(sql))
                .param("group", listener.group())
                .param("topics", listener.topics().toArray(String[]::new));
    }
}
