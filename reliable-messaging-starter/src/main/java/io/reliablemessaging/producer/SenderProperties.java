package io.reliablemessaging.producer;

import io.reliablemessaging.settings.SettingBounds;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Settings of direct sending.
 *
 * @param timeout How long MessageSender tries to send a message before it counts as not confirmed
 */
@ConfigurationProperties("reliable-messaging.sender")
record SenderProperties(@DefaultValue("30s") Duration timeout) {

    SenderProperties {
        SettingBounds.require("reliable-messaging.sender.timeout", timeout, Duration.ofSeconds(1), Duration.ofHours(1));
    }
}
