package io.reliablemessaging.test;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.jdbc.autoconfigure.JdbcConnectionDetails;
import org.springframework.boot.kafka.autoconfigure.KafkaConnectionDetails;
import org.springframework.core.env.Environment;
import org.springframework.util.ClassUtils;

/** Provides the servers of a test. */
interface Infrastructure {

    String PROPERTY = "reliable-messaging.test.infrastructure";

    /** Creates a new, empty database on the server of this JVM. */
    JdbcConnectionDetails newDatabase();

    KafkaConnectionDetails kafka();

    static Infrastructure chosenIn(Environment environment) {
        String choice = environment.getProperty(PROPERTY, "auto");
        return switch (choice) {
            case "auto" -> Automatic.CHOICE;
            case "embedded" -> new EmbeddedServers();
            case "containers" -> containers();
            default ->
                throw new IllegalArgumentException(
                        PROPERTY + "=" + choice + " is not known; use auto, embedded or containers");
        };
    }

    private static Infrastructure containers() {
        if (!Automatic.testcontainersPresent()) {
            throw new IllegalStateException(
                    PROPERTY + "=containers needs org.testcontainers:testcontainers-postgresql and"
                            + " org.testcontainers:testcontainers-kafka with test scope; or choose embedded");
        }
        return new ContainerServers();
    }

    /** Decides once for each JVM: a Docker engine that starts or stops meanwhile must not split the tests between two servers. */
    final class Automatic {

        private static final Logger logger = LoggerFactory.getLogger(Infrastructure.class);
        private static final Infrastructure CHOICE = choose();

        private Automatic() {}

        private static Infrastructure choose() {
            if (!testcontainersPresent()) {
                return chosen("embedded", "Testcontainers is not on the class path", new EmbeddedServers());
            }
            return DockerEngine.answers()
                    ? chosen("containers", "a Docker engine answers", new ContainerServers())
                    : chosen("embedded", "no Docker engine answers", new EmbeddedServers());
        }

        private static Infrastructure chosen(String name, String reason, Infrastructure infrastructure) {
            logger.info("{}=auto means {} here: {}", PROPERTY, name, reason);
            return infrastructure;
        }

        private static boolean testcontainersPresent() {
            ClassLoader loader = Infrastructure.class.getClassLoader();
            return ClassUtils.isPresent("org.testcontainers.postgresql.PostgreSQLContainer", loader)
                    && ClassUtils.isPresent("org.testcontainers.kafka.KafkaContainer", loader);
        }
    }
}
