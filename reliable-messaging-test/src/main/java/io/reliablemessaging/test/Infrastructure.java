package io.reliablemessaging.test;

import org.springframework.boot.jdbc.autoconfigure.JdbcConnectionDetails;
import org.springframework.boot.kafka.autoconfigure.KafkaConnectionDetails;
import org.springframework.core.env.Environment;

/** Where a test's servers come from. */
interface Infrastructure {

    String PROPERTY = "reliable-messaging.test.infrastructure";

    /** A new, empty database on the server of this JVM. */
    JdbcConnectionDetails newDatabase();

    KafkaConnectionDetails kafka();

    static Infrastructure chosenIn(Environment environment) {
        String choice = environment.getProperty(PROPERTY, "auto");
        return switch (choice) {
            case "embedded", "auto" -> new EmbeddedServers();
            default ->
                throw new IllegalArgumentException(
                        PROPERTY + "=" + choice + " is not known; use auto, embedded or containers");
        };
    }
}
