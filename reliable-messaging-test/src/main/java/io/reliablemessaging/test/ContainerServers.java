package io.reliablemessaging.test;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.jdbc.autoconfigure.JdbcConnectionDetails;
import org.springframework.boot.kafka.autoconfigure.KafkaConnectionDetails;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.kafka.KafkaContainer;
import org.testcontainers.postgresql.PostgreSQLContainer;

/** Runs one container of each kind for each JVM, as durable as the embedded servers. Testcontainers removes them after the JVM. */
final class ContainerServers implements Infrastructure {

    private static final String POSTGRES_IMAGE = "postgres:18-alpine";
    private static final String KAFKA_IMAGE = "apache/kafka:4.2.2";

    private static final AtomicInteger databases = new AtomicInteger();
    private static @Nullable PostgreSQLContainer postgres;
    private static @Nullable KafkaContainer kafka;

    @Override
    public JdbcConnectionDetails newDatabase() {
        PostgreSQLContainer server = startedPostgres();
        PostgresDatabases creator = new PostgresDatabases(
                database -> "jdbc:postgresql://" + server.getHost() + ":"
                        + server.getMappedPort(PostgreSQLContainer.POSTGRESQL_PORT) + "/" + database,
                server.getUsername(),
                server.getPassword());
        return creator.create("test_" + databases.incrementAndGet());
    }

    @Override
    public KafkaConnectionDetails kafka() {
        List<String> servers = List.of(startedKafka().getBootstrapServers().replaceFirst("^.*://", ""));
        return () -> servers;
    }

    private static synchronized PostgreSQLContainer startedPostgres() {
        if (postgres == null) {
            // Testcontainers' own command switches fsync off
            postgres = started(new PostgreSQLContainer(POSTGRES_IMAGE)
                    .withCommand("postgres", "-c", "fsync=on", "-c", "max_connections=400"));
        }
        return postgres;
    }

    private static synchronized KafkaContainer startedKafka() {
        if (kafka == null) {
            kafka = started(new KafkaContainer(KAFKA_IMAGE)
                    .withEnv("KAFKA_AUTO_CREATE_TOPICS_ENABLE", "false")
                    .withEnv("KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS", "0"));
        }
        return kafka;
    }

    private static <C extends GenericContainer<?>> C started(C container) {
        try {
            container.start();
            return container;
        } catch (RuntimeException e) {
            throw new IllegalStateException(
                    "Container " + container.getDockerImageName()
                            + " not started. Is the Docker engine running, and can it pull the" + " image? " + PROPERTY
                            + "=embedded needs neither.",
                    e);
        }
    }
}
