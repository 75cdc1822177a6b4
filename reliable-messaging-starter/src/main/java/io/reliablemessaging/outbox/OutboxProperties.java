package io.reliablemessaging.outbox;

import io.reliablemessaging.lanes.Lanes;
import io.reliablemessaging.settings.IllegalSettingException;
import io.reliablemessaging.settings.SettingBounds;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Settings of the outbox.
 *
 * @param lanes Number of lanes that keys are spread over; it is stored when the first instance of an application
 *     starts, and not read later
 * @param retention How long messages are kept after they were sent, to be sent again by OutboxReplay; unset, they are
 *     deleted when they are sent
 * @param maxBacklogAge How long a message may wait for Kafka before it counts as trouble; unset, it is not checked
 * @param rejectWhenBacklogged Whether publish refuses messages while one has been waiting for longer than
 *     max-backlog-age
 */
@ConfigurationProperties("reliable-messaging.outbox")
public record OutboxProperties(
        @DefaultValue("32") int lanes,
        @Nullable Duration retention,
        @Nullable Duration maxBacklogAge,
        @DefaultValue("false") boolean rejectWhenBacklogged) {

    public OutboxProperties {
        SettingBounds.require("reliable-messaging.outbox.lanes", lanes, 1, Lanes.MOST);
        SettingBounds.require(
                "reliable-messaging.outbox.retention", retention, Duration.ofMinutes(1), SettingBounds.LONGEST);
        SettingBounds.require(
                "reliable-messaging.outbox.max-backlog-age",
                maxBacklogAge,
                Duration.ofSeconds(1),
                Duration.ofDays(365));
        if (rejectWhenBacklogged && maxBacklogAge == null) {
            throw new IllegalSettingException(
                    "reliable-messaging.outbox.reject-when-backlogged",
                    true,
                    "does not say from when on messages are to be refused",
                    "Set 'reliable-messaging.outbox.max-backlog-age', too, for instance to 5m");
        }
    }
}
