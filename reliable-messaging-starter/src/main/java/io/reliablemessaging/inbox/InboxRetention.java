package io.reliablemessaging.inbox;

import io.reliablemessaging.schema.Schema;
import java.sql.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import javax.sql.DataSource;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * Tells whether the inbox can still know of a record. A record that is read again after its row was deleted (somebody has
 * reset the offsets) must not be handled as if it were new.
 */
public final class InboxRetention {

    // A relay may have sent a message a second time when the first one had long been received: hours later, if the
    // broker was away.
    private static final Duration SENT_AGAIN = Duration.ofDays(1);

    private static final String FORGOTTEN = """
            select exists (select from reliable_messaging.inbox_horizon
                            where consumer_group = ? and topic = ? and received_until >= ?)
            """;

    private final JdbcTemplate jdbc;
    private final String forgotten;
    private final Duration retention;
    private final InstantSource clock;

    InboxRetention(DataSource dataSource, Schema schema, Duration retention, InstantSource clock) {
        this.jdbc = new JdbcTemplate(dataSource);
        this.forgotten = schema.in(FORGOTTEN);
        this.retention = retention;
        this.clock = clock;
    }

    /** Whether a record is older than the retention, so that {@link #isTooOld} must be asked. */
    public boolean isOld(Instant timestamp) {
        boolean none = timestamp.isBefore(Instant.EPOCH); // as Kafka says it
        return !none && timestamp.isBefore(clock.instant().minus(retention));
    }

    /**
     * Whether a record is too old to tell if it was processed: older than the retention, and from a time of which rows of this
     * group and topic have been deleted. A group that is new to a topic may read all of it. To be asked after the inbox row
     * was inserted, in the same transaction; asks the database only about old records.
     *
     * @param timestamp the record's own, not that of the message it carries, which may have been delayed
     */
    public boolean isTooOld(String group, String topic, Instant timestamp) {
        return isOld(timestamp)
                && Boolean.TRUE.equals(jdbc.queryForObject(
                        forgotten, Boolean.class, group, topic, Timestamp.from(timestamp.minus(SENT_AGAIN))));
    }
}
