package io.reliablemessaging.relay;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import io.reliablemessaging.MessagePublisher;
import io.reliablemessaging.support.HostApplication;
import io.reliablemessaging.support.KafkaTopic;
import io.reliablemessaging.support.NoPreflight;
import io.reliablemessaging.test.PostgresServer;
import io.reliablemessaging.test.SharedServers;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.AbstractDataSource;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.test.util.ReflectionTestUtils;
import org.springframework.transaction.support.TransactionTemplate;

/** What is known of a row of one server hides no row of another one that has its id. */
class ServerChangeIT {

    private static final String DATABASE = "moved";

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    @Import(NoPreflight.class)
    static class Host {

        @Bean
        Moving dataSource() {
            return new Moving();
        }
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class SomeHost {}

    /** Leads to one server, and then to the other. */
    static final class Moving extends AbstractDataSource implements AutoCloseable {

        private final HikariDataSource first = pool(before);
        private final HikariDataSource second = pool(after);
        private volatile DataSource now = first;

        void move() {
            now = second;
        }

        @Override
        public Connection getConnection() throws SQLException {
            return now.getConnection();
        }

        @Override
        public Connection getConnection(String username, String password) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void close() {
            first.close();
            second.close();
        }

        private static HikariDataSource pool(PostgresServer server) {
            HikariDataSource pool = new HikariDataSource();
            pool.setDataSource(directly(server));
            pool.setMaximumPoolSize(8);
            pool.setInitializationFailTimeout(-1);
            return pool;
        }
    }

    private static PostgresServer before;
    private static PostgresServer after;

    @BeforeAll
    static void startServers() {
        before = PostgresServer.start();
        after = PostgresServer.start();
        before.createDatabase(DATABASE);
        after.createDatabase(DATABASE);
    }

    @AfterAll
    static void stopServers() {
        before.close();
        after.close();
    }

    @Test
    void aRowThatHasTheIdOfAnAcknowledgedOneIsSentBeforeLaterOnes() throws Exception {
        KafkaTopic topic = KafkaTopic.create(SharedServers.kafka().bootstrapServers(), "moved-" + UUID.randomUUID(), 1);
        makeTables(after);
        try (ConfigurableApplicationContext host = application(Host.class).run();
                Connection holder = directly(before).getConnection()) {
            Map<String, Object> acknowledged = acknowledgeWithoutDeleting(host, topic, holder);
            insert(acknowledged, 0, topic, "first");
            insert(acknowledged, 1, topic, "second");

            host.getBean(Moving.class).move();
            new JdbcTemplate(directly(before))
                    .queryForList("select pg_terminate_backend(pid) from pg_stat_activity"
                            + " where query like '%owned (lane, quota, floor, ceiling)%' and pid <> pg_backend_pid()");

            assertThat(topic.awaitValues(3)).containsExactly("acknowledged", "first", "second");
            holder.rollback();
            JdbcTemplate sql = new JdbcTemplate(directly(after));
            await().until(() -> sql.queryForList("select id from reliable_messaging.outbox_message")
                    .isEmpty());
        }
    }

    /** Returns lane and id of a row that the broker has and whose delete waits for the holder. */
    private static Map<String, Object> acknowledgeWithoutDeleting(
            ConfigurableApplicationContext host, KafkaTopic topic, Connection holder) throws SQLException {
        SharedServers.kafka().broker(0).pause();
        try {
            host.getBean(TransactionTemplate.class)
                    .executeWithoutResult(
                            status -> host.getBean(MessagePublisher.class).publish(topic.name(), "k", "acknowledged"));
            holder.setAutoCommit(false);
            try (Statement statement = holder.createStatement()) {
                statement.execute("select from reliable_messaging.outbox_message for update");
            }
        } finally {
            SharedServers.kafka().broker(0).resume();
        }
        Relay.Run run =
                (Relay.Run) Objects.requireNonNull(ReflectionTestUtils.getField(host.getBean(Relay.class), "run"));
        await().until(() -> run.completions().unsettled().size() == 1);
        return new JdbcTemplate(directly(before)).queryForMap("select lane, id from reliable_messaging.outbox_message");
    }

    private static void insert(Map<String, Object> like, int later, KafkaTopic topic, String value) {
        new JdbcTemplate(directly(after))
                .update(
                        "insert into reliable_messaging.outbox_message (lane, id, message_id, topic, key, value, headers)"
                                + " overriding system value values (?, ?, gen_random_uuid(), ?, 'k', ?, '\\x0000')",
                        like.get("lane"),
                        (Long) like.get("id") + later,
                        topic.name(),
                        value.getBytes(UTF_8));
    }

    private static void makeTables(PostgresServer server) {
        application(SomeHost.class)
                .on(server, DATABASE)
                .with("reliable-messaging.relay.enabled=false")
                .run()
                .close();
    }

    private static HostApplication application(Class<?> source) {
        return HostApplication.of(source)
                .on(SharedServers.kafka())
                .with("spring.application.name=moved", "reliable-messaging.relay.lease=2s");
    }

    private static DataSource directly(PostgresServer server) {
        return new DriverManagerDataSource(server.jdbcUrl(DATABASE), server.username(), server.password());
    }
}
