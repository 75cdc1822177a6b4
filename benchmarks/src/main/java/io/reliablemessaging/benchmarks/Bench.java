package io.reliablemessaging.benchmarks;

import io.reliablemessaging.test.KafkaCluster;
import io.reliablemessaging.test.PostgresServer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.springframework.boot.Banner;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;

/** The servers, with durability on. */
final class Bench implements AutoCloseable {

    static final int KEYS = 1_000;

    static final int PARTITIONS = 6;

    /** A setting of all applications but that with JPA. */
    static final String WITHOUT_JPA = "spring.autoconfigure.exclude="
            + "org.springframework.boot.hibernate.autoconfigure.HibernateJpaAutoConfiguration,"
            + "org.springframework.boot.data.jpa.autoconfigure.DataJpaRepositoriesAutoConfiguration";

    private final PostgresServer postgres = PostgresServer.start();
    private final KafkaCluster kafka = KafkaCluster.start(1);
    private int names;

    /** An application on a database and a topic of its own, with one instance running. */
    Application application() {
        String name = topic(PARTITIONS);
        postgres.createDatabase(name);
        return new Application(postgres, name, kafka.bootstrapServers(), name);
    }

    /** An application on a database of its own and on a topic of another cluster than ours. */
    Application application(String bootstrapServers, String topic) {
        String name = newName();
        postgres.createDatabase(name);
        return new Application(postgres, name, bootstrapServers, topic);
    }

    /** What the server itself counts, asked beside the databases that are measured. */
    ServerStatistics statistics() {
        return new ServerStatistics(postgres);
    }

    /** A database that nobody uses. */
    String unusedDatabase() {
        String name = newName();
        postgres.createDatabase(name);
        return name;
    }

    /** An application with listeners on a database of its own, with these settings and no others. */
    Consuming consuming(String... settings) {
        String name = newName();
        postgres.createDatabase(name);
        return new Consuming(postgres, name, kafka.bootstrapServers(), List.of(settings));
    }

    /** An application with JPA, its tables made from its entities, on a database of its own. */
    ConfigurableApplicationContext persisting(Class<?> host) {
        String name = newName();
        postgres.createDatabase(name);
        return new SpringApplicationBuilder(host)
                .web(WebApplicationType.NONE)
                .bannerMode(Banner.Mode.OFF)
                .logStartupInfo(false)
                .properties(
                        "spring.application.name=bench",
                        "spring.datasource.url=" + postgres.jdbcUrl(name),
                        "spring.datasource.username=" + postgres.username(),
                        "spring.datasource.password=" + postgres.password(),
                        "spring.kafka.bootstrap-servers=" + kafka.bootstrapServers(),
                        "spring.jpa.hibernate.ddl-auto=create")
                .run();
    }

    /** A new topic with so many records. */
    Records records(int partitions, int count) {
        return write(topic(partitions), count);
    }

    Records write(String topic, int count) {
        return Records.write(kafka.bootstrapServers(), topic, count);
    }

    /** A new topic. */
    String topic(int partitions) {
        String name = newName();
        createTopic(name, partitions);
        return name;
    }

    private String newName() {
        return "bench_" + ++names;
    }

    static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }

    private void createTopic(String name, int partitions) {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", kafka.bootstrapServers()))) {
            admin.createTopics(List.of(new NewTopic(name, Optional.of(partitions), Optional.empty())))
                    .all()
                    .get();
        } catch (ExecutionException | InterruptedException e) {
            throw new IllegalStateException("Topic " + name + " not created", e);
        }
    }

    @Override
    public void close() {
        kafka.close();
        postgres.close();
    }
}
