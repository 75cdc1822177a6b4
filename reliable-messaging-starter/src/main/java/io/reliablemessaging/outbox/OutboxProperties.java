package io.reliablemessaging.outbox;

import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * How messages are stored.
 *
 * @param lanes Number of lanes that keys are spread over; decides only when the first instance starts
 * @param retention How long messages are kept after they were sent, to be replayed; nothing is kept without it
 * @param maxBacklogAge How long a message may wait for Kafka before that counts as trouble; unset, nobody looks
 * @param rejectWhenBacklogged Whether nothing can be published while a message has been waiting for longer than that
 */
@ConfigurationProperties("reliable-messaging.outbox")
record OutboxProperties(
        @DefaultValue("32") int lanes,
        @Nullable Duration retention,
        @Nullable Duration maxBacklogAge,
        @DefaultValue("false") boolean rejectWhenBacklogged) {

    OutboxProperties {
        if (lanes < 1 || lanes > Lanes.MOST) {
            throw new IllegalArgumentException("reliable-messaging.outbox.lanes=%d: want 1 to 1024".formatted(lanes));
        }
        if (retention != null && (retention.isNegative() || retention.isZero())) {
            throw new IllegalArgumentException(
                    "reliable-messaging.outbox.retention=%s: want more than nothing, or leave it out to keep nothing"
                            .formatted(retention));
        }
        if (maxBacklogAge != null && maxBacklogAge.compareTo(Duration.ofSeconds(1)) < 0) {
            throw new IllegalArgumentException(
                    "reliable-messaging.outbox.max-backlog-age=%s: want at least a second".formatted(maxBacklogAge));
        }
        if (rejectWhenBacklogged && maxBacklogAge == null) {
            throw new IllegalArgumentException(
                    "reliable-messaging.outbox.reject-when-backlogged=true: set reliable-messaging.outbox.max-backlog-age,"
                            + " too, to say from when on");
        }
    }
}
