package io.reliablemessaging.topics;

import io.reliablemessaging.settings.SettingBounds;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Settings of dead-letter topics.
 *
 * @param redriveWindow How long a dead letter may wait until it is redriven: dead-letter topics are created with this retention
 */
@ConfigurationProperties("reliable-messaging.dead-letters")
public record DeadLetterTopicProperties(@DefaultValue("14d") Duration redriveWindow) {

    public DeadLetterTopicProperties {
        SettingBounds.require(
                "reliable-messaging.dead-letters.redrive-window",
                redriveWindow,
                Duration.ofHours(1),
                SettingBounds.LONGEST);
    }
}
