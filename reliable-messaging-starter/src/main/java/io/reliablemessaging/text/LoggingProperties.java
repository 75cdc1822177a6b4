package io.reliablemessaging.text;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * What log lines may say of messages and failures. Payloads and headers are never in them.
 *
 * @param keys Whether log lines name a message's key by a hash or as it is
 * @param exceptions Whether log lines show the messages of exceptions or only the names of their classes
 */
@ConfigurationProperties(LoggingProperties.PREFIX)
public record LoggingProperties(
        @DefaultValue("hash") Keys keys,
        @DefaultValue("full") Exceptions exceptions) {

    static final String PREFIX = "reliable-messaging.logging";

    /** How log lines name a key, which may be personal data. */
    public enum Keys {
        /** The first eight hex digits of its SHA-256. */
        HASH,
        /** The key itself. */
        TEXT
    }

    /** What log lines say of an exception. Tables, the actuator and dead-letter records are not affected. */
    public enum Exceptions {
        /** Its class, its message, and its stack trace where one is shown. */
        FULL,
        /** Its class, and its stack trace without any message. */
        CLASS
    }
}
