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
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

/** Everything that can break: a database, brokers, applications, and the links between them. */
final class Site implements AutoCloseable {

    static final int KEYS = 40;

    private final Path directory;
    private final PostgresServer postgres;
    private final KafkaCluster kafka;
    private final List<Link> brokerLinks;
    private final List<Instance> instances = new ArrayList<>();
    private int databases;

    private Site(Path directory, PostgresServer postgres, KafkaCluster kafka, List<Link> brokerLinks) {
        this.directory = directory;
        this.postgres = postgres;
        this.kafka = kafka;
        this.brokerLinks = brokerLinks;
    }

    /** Starts database and three brokers, with links that can break. */
    static Site start(String name) throws IOException {
        List<Link> links = IntStream.range(0, 3)
                .mapToObj(broker -> new Link("link to broker " + broker))
                .toList();
        KafkaCluster kafka =
                KafkaCluster.startBehindProxies(links.stream().map(Link::port).toList(), Map.of());
        for (KafkaBroker broker : kafka.brokers()) {
            links.get(broker.index()).to(broker.proxiedPort());
        }
        Site site = new Site(directory(name), PostgresServer.start(), kafka, links);
        site.begin();
        return site;
    }

    /** Starts database and one broker. */
    static Site startSmall(String name) throws IOException {
        return new Site(directory(name), PostgresServer.start(), KafkaCluster.start(1), List.of());
    }

    private static Path directory(String name) throws IOException {
        Path directory = Path.of("target", "faults", name).toAbsolutePath();
        Files.createDirectories(directory);
        empty(directory);
        return directory;
    }

    /** Begins anew: without applications, topics, or anything that has happened. */
    void begin() throws IOException {
        instances.forEach(Instance::close);
        instances.clear();
        empty(directory);
        removeTopics();
        databases++;
        postgres.createDatabase(database());
        String tables = new String(Site.class.getResourceAsStream("/bank.sql").readAllBytes(), StandardCharsets.UTF_8);
        jdbc().sql(tables).update();
        jdbc().sql("insert into bank.account (id) select t || '/' || k || n"
                        + " from unnest(array['transfers', 'receipts']) t, unnest(array['k', 'i', 'l']) k,"
                        + " generate_series(0, :keys - 1) n")
                .param("keys", KEYS)
                .update();
    }

    private static void empty(Path directory) throws IOException {
        try (Stream<Path> old = Files.list(directory)) {
            for (Path file : old.filter(Files::isRegularFile).toList()) {
                Files.delete(file);
            }
        }
    }

    private void removeTopics() {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", kafka.bootstrapServers()))) {
            admin.deleteTopics(admin.listTopics().names().get()).all().get();
            Rest.await("no topics", () -> {
                List<String> left = topics(admin);
                return left.isEmpty() ? null : left;
            });
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static List<String> topics(Admin admin) {
        try {
            return List.copyOf(admin.listTopics().names().get());
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** Adds an application, which is not started. */
    Instance add(String name, String... properties) {
        Link database = new Link("link of " + name + " to the database").to(databasePort());
        String brokers = brokerLinks.isEmpty()
                ? kafka.bootstrapServers()
                : brokerLinks.stream().map(link -> "127.0.0.1:" + link.port()).collect(Collectors.joining(","));
        List<String> arguments = arguments(name, database.port(), brokers, List.of(properties));
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
                                "spring.datasource.url=jdbc:postgresql://127.0.0.1:" + databasePort + "/" + database(),
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

    /** Has all that is in quarantine released, now and from now on. */
    void release() throws IOException {
        Files.createFile(directory.resolve("release"));
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

    Path directory() {
        return directory;
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

    /** A connection of our own, not through any link. */
    Connection connect() throws SQLException {
        return dataSource().getConnection();
    }

    JdbcClient jdbc() {
        return JdbcClient.create(dataSource());
    }

    private DriverManagerDataSource dataSource() {
        return new DriverManagerDataSource(postgres.jdbcUrl(database()), postgres.username(), postgres.password());
    }

    private String database() {
        return "bank_" + databases;
    }

    @Override
    public void close() {
        instances.forEach(Instance::close);
        brokerLinks.forEach(Link::close);
        kafka.close();
        postgres.close();
    }

    private int databasePort() {
        return URI.create(postgres.jdbcUrl(database()).substring("jdbc:".length()))
                .getPort();
    }
}
