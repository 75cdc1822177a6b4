package io.reliablemessaging.broker;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Whether topics are made.
 *
 * @param provision Whether to create declared topics and topics of dead letters that are missing
 */
@ConfigurationProperties("reliable-messaging.topics")
record ProvisionProperties(@DefaultValue("true") boolean provision) {}
