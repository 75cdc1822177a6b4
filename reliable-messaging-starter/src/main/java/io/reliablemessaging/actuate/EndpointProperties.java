package io.reliablemessaging.actuate;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Settings of the actuator endpoint.
 *
 * @param showContent Whether the endpoint shows keys, headers and payloads of dead letters, which can be personal data
 */
@ConfigurationProperties("reliable-messaging.endpoint")
record EndpointProperties(@DefaultValue("false") boolean showContent) {}
