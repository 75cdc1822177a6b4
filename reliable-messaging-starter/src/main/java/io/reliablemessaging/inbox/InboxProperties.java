package io.reliablemessaging.inbox;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * What is remembered of handled messages.
 *
 * @param retention How long a handled message is remembered at least; after that, its offset tells that it was
 */
@ConfigurationProperties("reliable-messaging.inbox")
record InboxProperties(@DefaultValue("8d") Duration retention) {

    InboxProperties {
        if (retention.isNegative() || retention.isZero()) {
            throw new IllegalArgumentException(
                    "reliable-messaging.inbox.retention is %s; it must be longer than zero".formatted(retention));
        }
    }
}
