package io.reliablemessaging.faults;

import io.reliablemessaging.test.KafkaBroker;
import io.reliablemessaging.test.KafkaCluster;
import io.reliablemessaging.test.PostgresServer;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.apache.kafka.clients.admin.Admin;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

/** Everything that can break: a database, three brokers, the applications, and the links between them. */
final class Site implements AutoCloseable {

    static final int KEYS = 40;

    private static final String DATABASE = "bank";

    private final Path directory;
    private final PostgresServer postgres;
    private final KafkaCluster kafka;
    private final List<Link> brokerLinks;
    private final List<Instance> instances = new ArrayList<>();

    private Site(Path directory, PostgresServer postgres, KafkaCluster kafka, List<Link> brokerLinks) {
        this.directory = directory;
        this.postgres = postgres;
        this.kafka = kafka;
        this.brokerLinks = brokerLinks;
    }

    /** Starts database and brokers. */
    static Site start(Path directory) throws IOException {
        Files.createDirectories(directory);
        // the diaries and the logs of an earlier run
        try (Stream<Path> old = Files.list(directory)) {
            for (Path file : old.toList()) {
                Files.delete(file);
            }
        }
        List<Link> links = IntStream.range(0, 3)
                .mapToObj(broker -> new Link("link to broker " + broker))
                .toList();
        KafkaCluster kafka =
                KafkaCluster.startBehindProxies(links.stream().map(Link::port).toList(), Map.of());
        for (KafkaBroker broker : kafka.brokers()) {
            links.get(broker.index()).to(broker.proxiedPort());
        }
        PostgresServer postgres = PostgresServer.start();
        Site site = new Site(directory, postgres, kafka, links);
        site.makeTables();
        return site;
    }

    private void makeTables() throws IOException {
        postgres.createDatabase(DATABASE);
        String tables = new String(Site.class.getResourceAsStream("/bank.sql").readAllBytes(), StandardCharsets.UTF_8);
        jdbc().sql(tables).update();
        jdbc().sql("insert into bank.account (id) select t || '/' || k || n"
                        + " from unnest(array['transfers', 'receipts']) t, unnest(array['k', 'i', 'l']) k,"
                        + " generate_series(0, :keys - 1) n")
                .param("keys", KEYS)
                .update();
    }

    /** Adds an application, which is not started. */
    Instance add(String name, String... properties) {
        Link database = new Link("link of " + name + " to the database").to(databasePort());
        List<String> arguments = arguments(name, database.port(), proxiedBootstrapServers(), List.of(properties));
        Instance instance = new Instance(name, directory, database, arguments);
        instances.add(instance);
        return instance;
    }

    /** Arguments of an instance of the bank that does not go through any link. */
    List<String> directArguments(String name, String... properties) {
        return arguments(name, databasePort(), kafka.bootstrapServers(), List.of(properties));
    }

    private List<String> arguments(String name, int databasePort, String bootstrapServers, List<String> properties) {
        return Stream.concat(
                        Stream.of(
                                "bank.instance=" + name,
                                "bank.directory=" + directory,
                                "bank.keys=" + KEYS,
                                "spring.datasource.url=jdbc:postgresql://127.0.0.1:" + databasePort + "/" + DATABASE,
                                "spring.datasource.username=" + postgres.username(),
                                "spring.datasource.password=" + postgres.password(),
                                "spring.kafka.bootstrap-servers=" + bootstrapServers),
                        properties.stream())
                .map(property -> "--" + property)
                .toList();
    }

    void startAll() {
        instances.forEach(Instance::launch);
        instances.forEach(Instance::awaitStarted);
    }

    void beginWork() throws IOException {
        Files.createFile(directory.resolve("work"));
    }

    void endWork() throws IOException {
        Files.deleteIfExists(directory.resolve("work"));
    }

    List<Instance> instances() {
        return instances;
    }

    PostgresServer postgres() {
        return postgres;
    }

    KafkaCluster kafka() {
        return kafka;
    }

    List<Link> brokerLinks() {
        return brokerLinks;
    }

    /** Number of the broker that leads a partition. */
    int leader(String topic, int partition) throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", kafka.bootstrapServers()))) {
            return admin.describeTopics(List.of(topic))
                    .allTopicNames()
                    .get()
                    .get(topic)
                    .partitions()
                    .get(partition)
                    .leader()
                    .id();
        }
    }

    Path directory() {
        return directory;
    }

    /** A connection of our own, not through any link. */
    Connection connect() throws SQLException {
        return DriverManager.getConnection(postgres.jdbcUrl(DATABASE), postgres.username(), postgres.password());
    }

    JdbcClient jdbc() {
        return JdbcClient.create(dataSource());
    }

    DataSource dataSource() {
        return new DriverManagerDataSource(postgres.jdbcUrl(DATABASE), postgres.username(), postgres.password());
    }

    @Override
    public void close() {
        instances.forEach(instance -> {
            if (instance.isRunning()) {
                instance.kill();
            }
            instance.database().close();
        });
        brokerLinks.forEach(Link::close);
        kafka.close();
        postgres.close();
    }

    private String proxiedBootstrapServers() {
        return brokerLinks.stream().map(link -> "127.0.0.1:" + link.port()).collect(Collectors.joining(","));
    }

    private int databasePort() {
        return URI.create(postgres.jdbcUrl(DATABASE).substring("jdbc:".length()))
                .getPort();
    }
}
