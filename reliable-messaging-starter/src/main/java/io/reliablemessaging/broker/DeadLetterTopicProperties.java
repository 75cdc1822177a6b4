package io.reliablemessaging.broker;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Topics of dead letters.
 *
 * @param redriveWindow How long a dead letter may wait until somebody sends it again; topics of dead letters keep theirs for at least that long
 */
@ConfigurationProperties("reliable-messaging.dead-letters")
record DeadLetterTopicProperties(@DefaultValue("14d") Duration redriveWindow) {}
