package io.reliablemessaging.broker;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * How much durability is insisted on.
 *
 * @param mode What to do about settings that could lose messages
 */
@ConfigurationProperties("reliable-messaging.durability")
record DurabilityProperties(@DefaultValue("warn") DurabilityMode mode) {}
