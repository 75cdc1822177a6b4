package io.reliablemessaging.inbox;

import io.reliablemessaging.MessageId;
import io.reliablemessaging.schema.Schema;
import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.Set;
import java.util.UUID;
import javax.sql.DataSource;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.util.function.SingletonSupplier;

/** Which messages a consumer group has taken charge of: done, or parked, or dead. All methods join the caller's transaction. */
public final class Inbox {

    // Insert first, never "look, then insert": a concurrent delivery of the same message waits here for our commit or
    // rollback, and then knows. The limits end the transaction of a consumer that was stopped in the middle: the next
    // owner of its partition must not wait for it for ever.
    private static final String TAKE = """
            with limits as materialized (select set_config('lock_timeout', ?, true), set_config('%s', ?, true))
            insert into reliable_messaging.inbox_message (consumer_group, topic, message_id)
            select ?, ?, ? from limits
            on conflict do nothing
            """;

    // in one order everywhere: two consumers that take the same messages must not wait for each other in a circle
    private static final String TAKE_ALL = """
            with limits as materialized (select set_config('lock_timeout', ?, true), set_config('%s', ?, true))
            insert into reliable_messaging.inbox_message (consumer_group, topic, message_id)
            select ?, ?, id from unnest(?::uuid[]) as id, limits order by id
            on conflict do nothing
            returning message_id
            """;

    private static final String LIMIT = "select set_config('lock_timeout', ?, true), set_config('%s', ?, true)";

    private static final String HAND_BACK = """
            delete from reliable_messaging.inbox_message
             where consumer_group = ? and topic = ? and message_id = ?
            """;

    private static final Duration LOCK_LIMIT = Duration.ofSeconds(10);
    private static final int TRANSACTION_TIMEOUT_SINCE = 170000;

    private final JdbcTemplate jdbc;
    private final String handBack;
    private final SingletonSupplier<String> limit;
    private final SingletonSupplier<String> take;
    private final SingletonSupplier<String> takeAll;

    Inbox(DataSource dataSource, Schema schema) {
        this.jdbc = new JdbcTemplate(dataSource);
        this.handBack = schema.in(HAND_BACK);
        this.limit = SingletonSupplier.of(() -> LIMIT.formatted(timeout()));
        this.take = SingletonSupplier.of(() -> schema.in(TAKE).formatted(timeout()));
        this.takeAll = SingletonSupplier.of(() -> schema.in(TAKE_ALL).formatted(timeout()));
    }

    /**
     * Takes charge of a message, as the first thing in a transaction.
     *
     * @param limit how long the transaction may last
     * @return false if the group has done so before
     */
    public boolean take(String group, String topic, MessageId id, Duration limit) {
        return jdbc.update(take.obtain(), millis(LOCK_LIMIT), millis(limit), group, topic, id.value()) == 1;
    }

    /**
     * Takes charge of messages, as the first thing in a transaction.
     *
     * @param limit how long the transaction may last
     * @return those that the group had not taken charge of before
     */
    public Set<MessageId> takeAll(String group, String topic, Collection<MessageId> ids, Duration limit) {
        UUID[] values = ids.stream().map(MessageId::value).toArray(UUID[]::new);
        return new HashSet<>(jdbc.query(
                takeAll.obtain(),
                (row, number) -> new MessageId(row.getObject(1, UUID.class)),
                millis(LOCK_LIMIT),
                millis(limit),
                group,
                topic,
                values));
    }

    /** Limits the transaction as {@link #take} does, for a message that the group has charge of already. */
    public void limit(Duration limit) {
        jdbc.query(this.limit.obtain(), row -> {}, millis(LOCK_LIMIT), millis(limit));
    }

    /** Gives up the charge that this same transaction has taken: the message is to be delivered again. */
    public void handBack(String group, String topic, MessageId id) {
        jdbc.update(handBack, group, topic, id.value());
    }

    private String timeout() {
        Integer version = jdbc.queryForObject("select current_setting('server_version_num')::int", Integer.class);
        return version != null && version >= TRANSACTION_TIMEOUT_SINCE
                ? "transaction_timeout"
                : "idle_in_transaction_session_timeout"; // the nearest that older servers have
    }

    private static String millis(Duration duration) {
        return Long.toString(duration.toMillis());
    }
}
