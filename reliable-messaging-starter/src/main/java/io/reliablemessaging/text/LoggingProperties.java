package io.reliablemessaging.text;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Settings for what log lines may say about messages and failures. They never contain payloads and headers.
 *
 * @param keys Whether log lines name a message's key by a hash or as it is
 * @param exceptions Whether log lines show the messages of exceptions or only the names of their classes
 */
@ConfigurationProperties(LoggingProperties.PREFIX)
public record LoggingProperties(
        @DefaultValue("hash") Keys keys,
        @DefaultValue("full") Exceptions exceptions) {

    static final String PREFIX = "reliable-messaging.logging";

    /** The ways in which log lines name a key, which may be personal data. */
    public enum Keys {
        /** The first eight hex digits of its SHA-256. */
        HASH,
        /** The key itself. */
        TEXT
    }

    /** The parts of an exception that log lines show. Tables, the actuator and dead-letter records are not affected. */
    public enum Exceptions {
        /** Its class, its message, and its stack trace where one is shown. */
        FULL,
        /** Its class, and its stack trace without any message. */
        CLASS
    }
}
