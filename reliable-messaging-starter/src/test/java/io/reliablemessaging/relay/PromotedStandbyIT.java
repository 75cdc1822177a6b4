package io.reliablemessaging.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.MessagePublisher;
import io.reliablemessaging.producer.Completions;
import io.reliablemessaging.support.HostApplication;
import io.reliablemessaging.support.KafkaTopic;
import io.reliablemessaging.support.NoPreflight;
import io.reliablemessaging.support.Threads;
import io.reliablemessaging.test.KafkaBroker;
import io.reliablemessaging.test.PostgresServer;
import io.reliablemessaging.test.SharedServers;
import java.sql.Connection;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.test.util.ReflectionTestUtils;
import org.springframework.transaction.TransactionException;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * A standby that has not received everything is promoted under load. It gives out again the ids of messages that the relay has
 * sent and not deleted yet.
 */
@ExtendWith(OutputCaptureExtension.class)
class PromotedStandbyIT {

    private static final int MANY = 100;
    private static final int KEYS = 5;

    // the server writes 32 ids ahead into its log: a standby gives out again only what is beyond them
    private static final int LOGGED_AHEAD = 32;

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    @Import(NoPreflight.class)
    static class Host {}

    private final KafkaBroker broker = SharedServers.kafka().broker(0);
    private final KafkaTopic topic =
            KafkaTopic.create(SharedServers.kafka().bootstrapServers(), "promoted-" + UUID.randomUUID(), 1);
    private final PostgresServer primary = PostgresServer.start();
    private PostgresServer standby;
    private ConfigurableApplicationContext host;
    private volatile boolean loaded = true;

    @BeforeEach
    void start() {
        primary.createDatabase("shop");
        standby = primary.startStandby();
        host = HostApplication.of(Host.class)
                .on(SharedServers.kafka())
                .with(
                        "spring.application.name=promoted-standby",
                        "spring.datasource.url=" + eitherOfThem(),
                        "spring.datasource.username=" + primary.username(),
                        "spring.datasource.password=" + primary.password(),
                        "spring.datasource.hikari.maximum-pool-size=8",
                        "spring.datasource.hikari.connection-timeout=1000",
                        "reliable-messaging.relay.lease=2s")
                .run();
        sql(primary).execute("create table business (number int primary key)");
        await().until(() -> sql(standby).queryForObject("select to_regclass('business') is not null", Boolean.class));
    }

    @AfterEach
    void stop() {
        broker.resume();
        loaded = false;
        host.close();
        standby.close();
        primary.close();
    }

    @Test
    void everyMessageOfATransactionThatThePromotedServerHasArrivesInOrder(CapturedOutput output) throws Exception {
        CompletableFuture<Void> load = CompletableFuture.runAsync(this::publishAllTheWhile, Threads.NEW);
        await().until(() -> committed(standby) >= MANY);
        stopReceiving();
        long idOfStandby = lastId(standby);
        await().until(() -> lastId(primary) > idOfStandby + 2 * LOGGED_AHEAD);

        try (Connection holder = dataSource(primary).getConnection()) {
            acknowledgeWithoutDeleting(holder);
            assertThat(lastId(primary)).isGreaterThan(idOfStandby + MANY);
            broker.pause(); // nothing of what is published from now on leaves before the old deletes are tried again
            primary.kill();
        }
        standby.promote();
        int survived = committed(standby);
        assertThat(lastId(standby)).isLessThanOrEqualTo(idOfStandby + LOGGED_AHEAD);
        await().until(() -> committed(standby) >= survived + 5 * MANY);
        await().until(() -> completions().unsettled().isEmpty());
        loaded = false;
        load.join();
        broker.resume();

        Map<Integer, List<Integer>> expected =
                byKey(sql(standby).queryForList("select number from business order by number", Integer.class));
        await().untilAsserted(() -> assertThat(firstAppearances(expected)).isEqualTo(expected));
        await().until(() ->
                sql(standby).queryForObject("select count(*) from reliable_messaging.outbox_message", Integer.class)
                        == 0);
        assertThat(output).containsOnlyOnce("The outbox is on another PostgreSQL server now");
    }

    private String eitherOfThem() {
        String second = standby.jdbcUrl("shop").replaceAll("^jdbc:postgresql://", "");
        return primary.jdbcUrl("").replaceAll("/$", "") + "," + second
                + "?targetServerType=primary&hostRecheckSeconds=0&connectTimeout=5";
    }

    private void publishAllTheWhile() {
        MessagePublisher publisher = host.getBean(MessagePublisher.class);
        JdbcTemplate sql = host.getBean(JdbcTemplate.class);
        for (int i = 0; loaded; i++) {
            int number = i;
            try {
                host.getBean(TransactionTemplate.class).executeWithoutResult(status -> {
                    sql.update("insert into business values (?)", number);
                    publisher.publish(topic.name(), "k" + number % KEYS, Integer.toString(number));
                });
            } catch (DataAccessException | TransactionException e) {
                // while there is no primary; whether it was committed, the server will tell
            }
        }
    }

    private void stopReceiving() {
        sql(standby).execute("alter system set primary_conninfo = ''");
        sql(standby).execute("select pg_reload_conf()");
        await().until(() ->
                sql(standby).queryForObject("select count(*) from pg_stat_wal_receiver", Integer.class) == 0);
    }

    /** Leaves many rows in the outbox whose messages the broker has, and whose ids the standby gives out again. */
    private void acknowledgeWithoutDeleting(Connection holder) throws Exception {
        broker.pause();
        await().until(() ->
                sql(primary).queryForObject("select count(*) from reliable_messaging.outbox_message", Integer.class)
                        >= MANY);
        holder.setAutoCommit(false);
        try (Statement statement = holder.createStatement()) {
            statement.execute("select from reliable_messaging.outbox_message for update"); // deletes wait for us
        }
        broker.resume();
        await().until(() -> completions().unsettled().size() >= MANY);
    }

    private Completions completions() {
        Relay relay = host.getBean(Relay.class);
        return ((Relay.Run) Objects.requireNonNull(ReflectionTestUtils.getField(relay, "run"))).completions();
    }

    private Map<Integer, List<Integer>> firstAppearances(Map<Integer, List<Integer>> expected) {
        List<Integer> all = new ArrayList<>();
        expected.values().forEach(all::addAll);
        Set<Integer> survivors = Set.copyOf(all);
        return byKey(new LinkedHashSet<>(topic.values().stream()
                .map(Integer::valueOf)
                .filter(survivors::contains)
                .toList()));
    }

    private static Map<Integer, List<Integer>> byKey(Iterable<Integer> numbers) {
        Map<Integer, List<Integer>> byKey = new LinkedHashMap<>();
        numbers.forEach(number ->
                byKey.computeIfAbsent(number % KEYS, key -> new ArrayList<>()).add(number));
        return byKey;
    }

    private static int committed(PostgresServer server) {
        return sql(server).queryForObject("select count(*) from business", Integer.class);
    }

    private static long lastId(PostgresServer server) {
        return sql(server)
                .queryForObject("select last_value from reliable_messaging.outbox_message_id_seq", Long.class);
    }

    private static JdbcTemplate sql(PostgresServer server) {
        return new JdbcTemplate(dataSource(server));
    }

    private static DriverManagerDataSource dataSource(PostgresServer server) {
        return new DriverManagerDataSource(server.jdbcUrl("shop"), server.username(), server.password());
    }
}
