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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.TopicPartition;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

/** Everything that can break: a database, brokers, applications, and the links between them. */
final class Site implements AutoCloseable {

    static final int KEYS = 40;

    private static final String DATABASE = "bank";

    private final Path directory;
    private final KafkaCluster kafka;
    private final List<Link> brokerLinks;
    private final List<Link> databaseLinks = new ArrayList<>();
    private final List<Instance> instances = new ArrayList<>();
    private volatile PostgresServer postgres;
    private PostgresServer standby;

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
                KafkaCluster.startBehindProxies(links.stream().map(Link::port).toList(), Membership.brokers());
        for (KafkaBroker broker : kafka.brokers()) {
            links.get(broker.index()).to(broker.proxiedPort());
        }
        Site site = new Site(directory(name), PostgresServer.start(), kafka, links);
        site.makeTables();
        return site;
    }

    /** Starts database and one broker. */
    static Site startSmall(String name) throws IOException {
        Site site = new Site(
                directory(name), PostgresServer.start(), KafkaCluster.start(1, Membership.brokers()), List.of());
        site.makeTables();
        return site;
    }

    private static Path directory(String name) throws IOException {
        Path directory = Path.of("target", "faults", name).toAbsolutePath();
        Files.createDirectories(directory);
        empty(directory);
        return directory;
    }

    private void makeTables() throws IOException {
        postgres.createDatabase(DATABASE);
        String tables = new String(Site.class.getResourceAsStream("/bank.sql").readAllBytes(), StandardCharsets.UTF_8);
        jdbc().sql(tables).update();
        openAccounts();
    }

    private void openAccounts() {
        jdbc().sql("insert into bank.account (id) select t || '/' || k || n"
                        + " from unnest(array['transfers', 'receipts']) t, unnest(array['k', 'i', 'l', 'd']) k,"
                        + " generate_series(0, :keys - 1) n")
                .param("keys", KEYS)
                .update();
    }

    /** Begins anew: without applications, messages, or anything that has happened. Databases and topics stay. */
    void beginAnew() throws Exception {
        instances.forEach(Instance::close);
        instances.clear();
        empty(directory);
        removeRecords();
        List<String> tables = jdbc().sql("select schemaname || '.' || tablename from pg_tables"
                        + " where schemaname in ('bank', 'reliable_messaging')"
                        + " and tablename not in ('application', 'schema_history')")
                .query(String.class)
                .list();
        jdbc().sql("truncate " + String.join(", ", tables)).update();
        openAccounts();
    }

    private void removeRecords() throws Exception {
        try (Admin admin = admin()) {
            Map<TopicPartition, OffsetSpec> all = new HashMap<>();
            for (TopicDescription topic : admin.describeTopics(
                            admin.listTopics().names().get())
                    .allTopicNames()
                    .get()
                    .values()) {
                topic.partitions()
                        .forEach(partition ->
                                all.put(new TopicPartition(topic.name(), partition.partition()), OffsetSpec.latest()));
            }
            Map<TopicPartition, RecordsToDelete> records = new HashMap<>();
            admin.listOffsets(all)
                    .all()
                    .get()
                    .forEach((partition, end) -> records.put(partition, RecordsToDelete.beforeOffset(end.offset())));
            admin.deleteRecords(records).all().get();
        }
    }

    private Admin admin() {
        return Admin.create(Map.of("bootstrap.servers", kafka.bootstrapServers()));
    }

    private static void empty(Path directory) throws IOException {
        try (Stream<Path> old = Files.list(directory)) {
            for (Path file : old.filter(Files::isRegularFile).toList()) {
                Files.delete(file);
            }
        }
    }

    /** Adds an application, which is not started. */
    Instance add(String name, String... properties) {
        Link database = databaseLink(name);
        String brokers = brokerLinks.isEmpty()
                ? kafka.bootstrapServers()
                : brokerLinks.stream().map(link -> "127.0.0.1:" + link.port()).collect(Collectors.joining(","));
        List<String> arguments = arguments(name, database.port(), brokers, List.of(properties));
        Instance instance = new Instance(name, directory, database, arguments);
        instances.add(instance);
        return instance;
    }

    /** Adds an application with listeners, whose group forgets it soon after it was killed. It is not started. */
    Instance addConsumer(String name, String... properties) {
        return add(
                name,
                Stream.concat(
                                Stream.of(
                                        "bank.consume=true",
                                        "reliable-messaging.relay.lease=1s",
                                        "spring.kafka.consumer.properties.session.timeout.ms=2000",
                                        "spring.kafka.consumer.properties.heartbeat.interval.ms=500"),
                                Stream.of(properties))
                        .toArray(String[]::new));
    }

    /** Arguments of an instance of the bank whose links never break. */
    List<String> directArguments(String name, String... properties) {
        return arguments(name, databaseLink(name).port(), kafka.bootstrapServers(), List.of(properties));
    }

    private Link databaseLink(String name) {
        Link link = new Link("link of " + name + " to the database").to(databasePort());
        databaseLinks.add(link);
        return link;
    }

    /** Gives the database a standby that all commits wait for from now on. */
    void startStandby() {
        standby = postgres.startStandby();
        jdbc().sql("alter system set synchronous_standby_names = '*'").update();
        jdbc().sql("select pg_reload_conf()").query(row -> {});
        Rest.await(
                "a standby that commits wait for",
                () -> jdbc().sql("select count(*) from pg_stat_replication where sync_state = 'sync'")
                                        .query(Integer.class)
                                        .single()
                                == 1
                        ? null
                        : "none");
    }

    /** Kills the database and has its standby take its place, for everybody. */
    void failOver() {
        PostgresServer killed = postgres;
        killed.kill();
        standby.promote();
        postgres = standby;
        standby = killed;
        databaseLinks.forEach(link -> link.to(databasePort()));
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
                                // or the pool waits without end while it opens a connection over a link that dies
                                "spring.datasource.hikari.data-source-properties.loginTimeout=10",
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

    /** From now on, a thread is idle if it says so again: it was before the work began, too. */
    void endWork() throws IOException {
        Files.deleteIfExists(directory.resolve("work"));
        for (Path idle : instances.stream().flatMap(Instance::idleFiles).toList()) {
            Files.deleteIfExists(idle);
        }
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
        try (Admin admin = admin()) {
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
        return new DriverManagerDataSource(postgres.jdbcUrl(DATABASE), postgres.username(), postgres.password());
    }

    @Override
    public void close() {
        instances.forEach(Instance::close);
        brokerLinks.forEach(Link::close);
        databaseLinks.forEach(Link::close);
        kafka.close();
        postgres.close();
        if (standby != null) {
            standby.close();
        }
    }

    private int databasePort() {
        return URI.create(postgres.jdbcUrl(DATABASE).substring("jdbc:".length()))
                .getPort();
    }
}
