package io.reliablemessaging.benchmarks;

import io.reliablemessaging.MessageId;
import io.reliablemessaging.MessagePublisher;
import io.reliablemessaging.lanes.Lanes;
import io.reliablemessaging.test.PostgresServer;
import io.reliablemessaging.wire.HeaderBytes;
import io.reliablemessaging.wire.WireHeaders;
import io.reliablemessaging.wire.WireMessage;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.springframework.boot.Banner;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.support.TransactionTemplate;

/** A user's application with default settings, in one or more instances, and its backlog. */
final class Application implements AutoCloseable {

    static final String OUTBOX = "reliable_messaging.outbox_message";

    private static final int PAYLOAD_BYTES = 300;

    // As many transactions would have left it. Ids follow the order of n: the keys take turns, a thousandth each.
    private static final String FILL = """
            insert into %s (lane, message_id, topic, key, value, headers)
            select k.lane, gen_random_uuid(), ?, k.key, ?, ?
              from generate_series(1, ?) n
              join bench_key k on k.number = n %% ?
             order by n
            """;

    private final PostgresServer postgres;
    private final String database;
    private final String bootstrapServers;
    private final String topic;
    private final Sent sent = new Sent();
    private final List<ConfigurableApplicationContext> instances = new ArrayList<>();

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Host {}

    /** How rows get into the outbox. */
    enum Filling {
        /** As one, with the table locked: the relay does not walk over a million rows that it cannot see yet. */
        ALONE,
        /** The same, and written to disk before anything is sent, as one of yesterday would be. */
        SETTLED,
        /** Beside other writers. */
        BESIDE_OTHERS
    }

    Application(PostgresServer postgres, String database, String bootstrapServers, String topic) {
        this.postgres = postgres;
        this.database = database;
        this.bootstrapServers = bootstrapServers;
        this.topic = topic;
        startInstance();
        createKeys();
    }

    void startInstance() {
        instances.add(new SpringApplicationBuilder(Host.class)
                .web(WebApplicationType.NONE)
                .bannerMode(Banner.Mode.OFF)
                .logStartupInfo(false)
                .initializers((GenericApplicationContext context) -> context.registerBean(Sent.class, () -> sent))
                .properties(
                        "spring.application.name=bench",
                        Bench.WITHOUT_JPA,
                        "spring.datasource.url=" + postgres.jdbcUrl(database),
                        "spring.datasource.username=" + postgres.username(),
                        "spring.datasource.password=" + postgres.password(),
                        "spring.kafka.bootstrap-servers=" + bootstrapServers)
                .run());
    }

    void stopInstance() {
        instances.remove(instances.size() - 1).close();
    }

    int instances() {
        return instances.size();
    }

    String topic() {
        return topic;
    }

    String database() {
        return database;
    }

    String bootstrapServers() {
        return bootstrapServers;
    }

    Sent sent() {
        return sent;
    }

    JdbcTemplate jdbc() {
        return bean(JdbcTemplate.class);
    }

    TransactionTemplate transactions() {
        return bean(TransactionTemplate.class);
    }

    MessagePublisher publisher() {
        return bean(MessagePublisher.class);
    }

    private <T> T bean(Class<T> type) {
        return instances.get(0).getBean(type);
    }

    /** A connection beside the pool. */
    Connection connect() throws SQLException {
        return DriverManager.getConnection(postgres.jdbcUrl(database), postgres.username(), postgres.password());
    }

    static byte[] payload() {
        byte[] payload = new byte[PAYLOAD_BYTES];
        new Random(PAYLOAD_BYTES).nextBytes(payload);
        return payload;
    }

    /** Sends a new backlog, from a standing start with an empty table, and returns messages per second. */
    double drain(int rows, int keys) {
        clear();
        return drainOnTop(rows, keys, Filling.ALONE);
    }

    /** The same with what earlier messages have left in the table. */
    double drainOnTop(int rows, int keys, Filling filling) {
        return perSecond(rows, publishBacklog(rows, keys, filling), sent.await(rows));
    }

    /** Removes all traces of earlier messages; none may be left. */
    void clear() {
        jdbc().execute("truncate " + OUTBOX);
    }

    /** Commits a backlog and returns when it did. The last message is published as usual, and so wakes the relay. */
    long publishBacklog(int rows, int keys, Filling filling) {
        sent.reset();
        transactions().executeWithoutResult(status -> {
            if (filling != Filling.BESIDE_OTHERS) {
                jdbc().execute("lock table " + OUTBOX + " in access exclusive mode");
            }
            insert(OUTBOX, rows - 1, keys);
            if (filling == Filling.SETTLED) {
                jdbc().execute("checkpoint");
            }
            publisher().publish(topic, "key-0", payload());
        });
        return System.nanoTime();
    }

    void insert(String table, int rows, int keys) {
        insert(table, topic, rows, keys);
    }

    private void insert(String table, String toTopic, int rows, int keys) {
        jdbc().update(FILL.formatted(table), toTopic, payload(), headers(), rows, keys);
    }

    /** Commits a backlog for another topic and does not wait for it. */
    void leaveWaiting(String otherTopic, int rows) {
        insert(OUTBOX, otherTopic, rows, Bench.KEYS);
    }

    /** How many rows the outbox has. */
    long backlog() {
        Long rows = jdbc().queryForObject("select count(*) from " + OUTBOX, Long.class);
        return rows == null ? 0 : rows;
    }

    static double perSecond(long messages, long from, long to) {
        return messages * 1e9 / (to - from);
    }

    private void createKeys() {
        jdbc().execute(
                        "create table bench_order (id bigint generated always as identity primary key, text text not null)");
        jdbc().execute("create table bench_key (number int primary key, key bytea not null, lane int not null)");
        Lanes lanes = bean(Lanes.class);
        MessageId id = MessageId.at(Instant.EPOCH);
        for (int number = 0; number < Bench.KEYS; number++) {
            byte[] key = ("key-" + number).getBytes(StandardCharsets.UTF_8);
            int lane = lanes.laneOf(new WireMessage(id, topic, null, key, null, new RecordHeaders()));
            jdbc().update("insert into bench_key values (?, ?, ?)", number, key, lane);
        }
    }

    /** Headers as each message has them. */
    static byte[] headers() {
        Headers headers = new RecordHeaders();
        Instant now = Instant.ofEpochSecond(1_800_000_000);
        WireHeaders.put(headers, WireHeaders.MESSAGE_ID, MessageId.at(now).toString());
        WireHeaders.put(headers, WireHeaders.PUBLISHED_AT, Long.toString(now.toEpochMilli()));
        return HeaderBytes.encode(headers);
    }

    @Override
    public void close() {
        while (!instances.isEmpty()) {
            stopInstance();
        }
    }
}
