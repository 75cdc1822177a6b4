package io.reliablemessaging.inbox;

import io.reliablemessaging.MessageId;
import io.reliablemessaging.schema.Schema;
import javax.sql.DataSource;
import org.springframework.jdbc.core.JdbcTemplate;

/** The messages that each consumer group has taken charge of: done, or dead. All methods join the caller's transaction. */
public final class Inbox {

    // Insert first, never "look, then insert": a concurrent delivery of the same message waits here for our commit or
    // rollback, and then knows.
    private static final String TAKE = """
            insert into reliable_messaging.inbox_message (consumer_group, topic, message_id)
            values (?, ?, ?)
            on conflict do nothing
            """;

    private static final String HAND_BACK = """
            delete from reliable_messaging.inbox_message
             where consumer_group = ? and topic = ? and message_id = ?
            """;

    private final JdbcTemplate jdbc;
    private final String take;
    private final String handBack;

    Inbox(DataSource dataSource, Schema schema) {
        this.jdbc = new JdbcTemplate(dataSource);
        this.take = schema.in(TAKE);
        this.handBack = schema.in(HAND_BACK);
    }

    /**
     * Takes charge of a message.
     *
     * @return false if the group has done so before
     */
    public boolean take(String group, String topic, MessageId id) {
        return jdbc.update(take, group, topic, id.value()) == 1;
    }

    /** Gives up the charge that this same transaction has taken: the message is to be delivered again. */
    public void handBack(String group, String topic, MessageId id) {
        jdbc.update(handBack, group, topic, id.value());
    }
}
