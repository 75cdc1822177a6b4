package io.reliablemessaging.relay;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.boot.context.properties.bind.Name;

/**
 * How stored messages get to Kafka.
 *
 * @param enabled Whether this instance sends; another instance of the application must, if this one does not
 * @param pollInterval How often to look for messages when nothing has announced any
 * @param lease How long the lanes of an instance that has died stay with it
 * @param notifies Whether instances announce messages to each other with LISTEN and NOTIFY; not through PgBouncer in
 *     transaction mode
 */
@ConfigurationProperties("reliable-messaging.relay")
record RelayProperties(
        @DefaultValue("true") boolean enabled,
        @DefaultValue("200ms") Duration pollInterval,
        @DefaultValue("6s") Duration lease,
        @Name("notify") @DefaultValue("true") boolean notifies) {

    RelayProperties {
        if (pollInterval.isZero() || pollInterval.isNegative()) {
            throw new IllegalArgumentException(
                    "reliable-messaging.relay.poll-interval=%s: want more than nothing".formatted(pollInterval));
        }
        if (lease.compareTo(Duration.ofSeconds(1)) < 0) {
            throw new IllegalArgumentException(
                    "reliable-messaging.relay.lease=%s: want at least a second".formatted(lease));
        }
    }
}
