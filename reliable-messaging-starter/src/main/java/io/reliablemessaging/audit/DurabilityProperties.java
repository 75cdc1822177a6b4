package io.reliablemessaging.audit;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * How much durability is insisted on.
 *
 * @param mode What to do about settings that could lose messages
 * @param interval How often to look for such settings
 */
@ConfigurationProperties("reliable-messaging.durability")
record DurabilityProperties(
        @DefaultValue("warn") DurabilityMode mode,
        @DefaultValue("5m") Duration interval) {

    DurabilityProperties {
        if (interval.toMillis() < 1) {
            throw new IllegalArgumentException(
                    "reliable-messaging.durability.interval=%s must be longer than zero".formatted(interval));
        }
    }
}
