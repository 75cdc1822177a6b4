package io.reliablemessaging.relay;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * How messages are sent directly.
 *
 * @param timeout How long a message is tried before it counts as not confirmed
 */
@ConfigurationProperties("reliable-messaging.sender")
record SenderProperties(@DefaultValue("30s") Duration timeout) {

    SenderProperties {
        if (timeout.compareTo(Duration.ofSeconds(1)) < 0) {
            throw new IllegalArgumentException(
                    "reliable-messaging.sender.timeout=%s: want at least a second".formatted(timeout));
        }
    }
}
