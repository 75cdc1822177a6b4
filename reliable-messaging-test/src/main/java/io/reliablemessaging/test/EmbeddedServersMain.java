package io.reliablemessaging.test;

import java.util.concurrent.CountDownLatch;

/**
 * Starts PostgreSQL and Kafka for development, without Docker, at the ports that Spring Boot uses by default: 5432 and 9092 of
 * localhost. Prints the settings for {@code application.yml}, and runs until it is stopped with Ctrl-C.
 *
 * <p>Both servers begin empty, and their data is removed when they stop. They are reachable from this machine only. PostgreSQL has one
 * user, {@code dev} with the password {@code dev}, which owns the databases, is a member of {@code pg_monitor} and no superuser; Kafka is one
 * broker, which does not create topics automatically.
 *
 * <p>Arguments, all optional:
 *
 * <dl>
 *   <dt>{@code --postgres-port=5432}, {@code --kafka-port=9092}
 *   <dd>Ports to listen on.
 *   <dt>{@code --databases=shop,billing}
 *   <dd>Databases to create, one for each application.
 * </dl>
 *
 * <p>Ends with exit code 1 and one line on standard error if an argument is not known, a port is taken or a server does not start.
 */
public final class EmbeddedServersMain {

    private EmbeddedServersMain() {}

    /** Starts the servers and waits. The class describes the arguments. */
    @SuppressWarnings("SystemOut") // a program for people, which may have no logger on its class path
    public static void main(String[] arguments) throws InterruptedException {
        try {
            start(DevelopmentOptions.parse(arguments));
        } catch (IllegalArgumentException | IllegalStateException e) {
            System.err.println(e.getMessage());
            System.exit(1);
        }
        new CountDownLatch(1).await();
    }

    @SuppressWarnings("SystemOut")
    private static void start(DevelopmentOptions options) {
        Ports.requireFree(options.postgresPort(), "PostgreSQL", DevelopmentOptions.POSTGRES_PORT);
        Ports.requireFree(options.kafkaPort(), "Kafka", DevelopmentOptions.KAFKA_PORT);
        System.out.println("Starting PostgreSQL on port " + options.postgresPort() + " and Kafka on port "
                + options.kafkaPort() + " ...");
        PostgresServer postgres = PostgresServer.startAt(options.postgresPort());
        options.createDatabases(postgres);
        KafkaCluster kafka = KafkaCluster.startAt(options.kafkaPort());
        Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(postgres, kafka), "servers-shutdown"));
        System.out.println(options.instructions());
    }

    @SuppressWarnings("SystemOut")
    private static void stop(PostgresServer postgres, KafkaCluster kafka) {
        kafka.close();
        postgres.close();
        System.out.println("PostgreSQL and Kafka are stopped, and their data is removed.");
    }
}
