package io.reliablemessaging.deadletter;

import io.reliablemessaging.MessageId;
import io.reliablemessaging.schema.Schema;
import io.reliablemessaging.wire.HeaderBytes;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * The failed messages of each group, byte for byte, with the reason and the number of attempts. Being rows, the counters
 * survive restarts, rebalances and exceptions that differ from one attempt to the next. All methods join the caller's
 * transaction.
 */
public final class ParkedMessages {

    private static final String ATTEMPTS = """
            select attempts from reliable_messaging.parked_message
             where consumer_group = :group and topic = :topic and message_id = :id and state = 'WAITING'
            """;

    private static final String COUNT_FAILURE = """
            insert into reliable_messaging.parked_message (consumer_group, topic, message_id, source_partition,
                        source_offset, key, value, headers, state, attempts, error_class, error_message, stack_trace)
            values (:group, :topic, :id, :partition, :offset, :key, :value, :headers, 'WAITING', 1,
                        :errorClass, :errorMessage, :stackTrace)
            on conflict (consumer_group, topic, message_id) do update
               set attempts = parked_message.attempts + 1,
                   error_class = excluded.error_class,
                   error_message = excluded.error_message,
                   stack_trace = excluded.stack_trace,
                   updated_at = clock_timestamp()
            returning attempts
            """;

    private static final String WAIT = """
            update reliable_messaging.parked_message
               set next_attempt_at = clock_timestamp() + make_interval(secs => :seconds)
             where consumer_group = :group and topic = :topic and message_id = :id
            """;

    private static final String BURY = """
            update reliable_messaging.parked_message
               set state = 'DEAD', next_attempt_at = null, updated_at = clock_timestamp()
             where consumer_group = :group and topic = :topic and message_id = :id
            """;

    private static final String REMOVE = """
            delete from reliable_messaging.parked_message
             where consumer_group = :group and topic = :topic and message_id = :id and state = 'WAITING'
            """;

    private final JdbcClient jdbc;
    private final Schema schema;

    ParkedMessages(DataSource dataSource, Schema schema) {
        this.jdbc = JdbcClient.create(dataSource);
        this.schema = schema;
    }

    /** Failures counted so far; 0 if the message has not failed. */
    public int attempts(String group, String topic, MessageId id) {
        return of(ATTEMPTS, group, topic, id).query(Integer.class).optional().orElse(0);
    }

    /**
     * Counts a failure, keeping the message's bytes with the first one and the reason of the last.
     *
     * @return failures counted, this one included
     */
    public int countFailure(FailedMessage failed) {
        return of(
                        COUNT_FAILURE,
                        failed.group(),
                        failed.message().topic(),
                        failed.message().id())
                .param("partition", failed.partition())
                .param("offset", failed.offset())
                .param("key", failed.message().key())
                .param("value", failed.message().value())
                .param("headers", HeaderBytes.encode(failed.message().headers()))
                .param("errorClass", failed.cause().getClass().getName())
                .param("errorMessage", storable(failed.cause().getMessage()))
                .param("stackTrace", storable(stackTrace(failed.cause())))
                .query(Integer.class)
                .single();
    }

    /** Notes when the next attempt is due. */
    public void retryIn(FailedMessage failed, Duration delay) {
        of(WAIT, failed.group(), failed.message().topic(), failed.message().id())
                .param("seconds", delay.toMillis() / 1000.0)
                .update();
    }

    /** Makes the message a dead letter of its group. */
    public void bury(FailedMessage failed) {
        of(BURY, failed.group(), failed.message().topic(), failed.message().id())
                .update();
    }

    /** Forgets a message whose handler has succeeded. */
    public void remove(String group, String topic, MessageId id) {
        of(REMOVE, group, topic, id).update();
    }

    private JdbcClient.StatementSpec of(String sql, String group, String topic, MessageId id) {
        return jdbc.sql(schema.in(sql))
                .param("group", group)
                .param("topic", topic)
                .param("id", id.value());
    }

    private static String stackTrace(Throwable cause) {
        StringWriter text = new StringWriter();
        cause.printStackTrace(new PrintWriter(text, true));
        return text.toString();
    }

    // PostgreSQL's text holds any character but this one
    private static @Nullable String storable(@Nullable String text) {
        return text == null ? null : text.replace("\0", "\\0");
    }
}
