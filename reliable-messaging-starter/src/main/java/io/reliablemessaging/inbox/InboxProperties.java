package io.reliablemessaging.inbox;

import io.reliablemessaging.settings.SettingBounds;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Settings of the inbox.
 *
 * @param retention How long the id of a handled message is remembered at least; later the offset of a message tells whether it was handled
 */
@ConfigurationProperties("reliable-messaging.inbox")
record InboxProperties(@DefaultValue("8d") Duration retention) {

    InboxProperties {
        SettingBounds.require(
                "reliable-messaging.inbox.retention", retention, Duration.ofSeconds(10), SettingBounds.LONGEST);
    }
}
