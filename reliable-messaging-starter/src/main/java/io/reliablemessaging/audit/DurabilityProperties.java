package io.reliablemessaging.audit;

import io.reliablemessaging.settings.SettingBounds;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Settings of the durability audit.
 *
 * @param mode What to do about settings of Kafka and PostgreSQL that could lose messages
 * @param interval How often to check for settings that could lose messages, after the start
 */
@ConfigurationProperties("reliable-messaging.durability")
record DurabilityProperties(
        @DefaultValue("warn") DurabilityMode mode,
        @DefaultValue("5m") Duration interval) {

    DurabilityProperties {
        SettingBounds.require(
                "reliable-messaging.durability.interval", interval, Duration.ofSeconds(1), Duration.ofDays(1));
    }
}
