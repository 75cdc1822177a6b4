package io.reliablemessaging.outbox;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * How messages are stored.
 *
 * @param lanes Number of lanes that keys are spread over; fixed once the tables exist
 */
@ConfigurationProperties("reliable-messaging.outbox")
record OutboxProperties(@DefaultValue("32") int lanes) {

    OutboxProperties {
        if (lanes < 1 || lanes > 1024) {
            throw new IllegalArgumentException("reliable-messaging.outbox.lanes=%d: want 1 to 1024".formatted(lanes));
        }
    }
}
