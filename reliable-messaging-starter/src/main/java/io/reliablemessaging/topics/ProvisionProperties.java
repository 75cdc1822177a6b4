package io.reliablemessaging.topics;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The switch for creating topics.
 *
 * @param provision Whether to create declared topics and dead-letter topics that are missing
 */
@ConfigurationProperties("reliable-messaging.topics")
public record ProvisionProperties(@DefaultValue("true") boolean provision) {}
