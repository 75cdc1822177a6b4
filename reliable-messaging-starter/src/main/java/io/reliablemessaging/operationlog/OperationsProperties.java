package io.reliablemessaging.operationlog;

import io.reliablemessaging.settings.SettingBounds;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Settings of what people do.
 *
 * @param logRetention How long the record of what people did is stored in table operation_log
 */
@ConfigurationProperties("reliable-messaging.operations")
public record OperationsProperties(@DefaultValue("90d") Duration logRetention) {

    public OperationsProperties {
        SettingBounds.require(
                "reliable-messaging.operations.log-retention", logRetention, Duration.ofDays(1), SettingBounds.LONGEST);
    }
}
