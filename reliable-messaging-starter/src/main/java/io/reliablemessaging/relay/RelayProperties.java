package io.reliablemessaging.relay;

import io.reliablemessaging.settings.SettingBounds;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.boot.context.properties.bind.Name;

/**
 * Settings of the relay.
 *
 * @param enabled Whether this instance sends messages to Kafka; if not, another instance of the application must
 * @param pollInterval How often to read the outbox when no notice has announced messages; every two seconds at most
 *     while LISTEN is known to work
 * @param lease How long other instances wait before they take over the lanes of one that has died
 * @param notifies Whether instances announce messages to each other with LISTEN and NOTIFY; set it to false behind
 *     PgBouncer in transaction mode
 */
@ConfigurationProperties("reliable-messaging.relay")
record RelayProperties(
        @DefaultValue("true") boolean enabled,
        @DefaultValue("200ms") Duration pollInterval,
        @DefaultValue("6s") Duration lease,
        @Name("notify") @DefaultValue("true") boolean notifies) {

    RelayProperties {
        SettingBounds.require(
                "reliable-messaging.relay.poll-interval", pollInterval, Duration.ofMillis(10), Duration.ofHours(1));
        SettingBounds.require("reliable-messaging.relay.lease", lease, Duration.ofSeconds(1), Duration.ofMinutes(10));
    }

    /**
     * Returns the time between two renewals of the lease. It is also the longest that a send may block, and that an answer takes
     * while all is well: what is sent ends within the lease, even if a renewal fails.
     */
    Duration thirdOfLease() {
        return lease.dividedBy(3);
    }
}
