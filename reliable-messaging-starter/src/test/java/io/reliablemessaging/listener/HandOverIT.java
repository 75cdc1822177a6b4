package io.reliablemessaging.listener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.MessagingSnapshot;
import io.reliablemessaging.consumer.ConsumerState;
import io.reliablemessaging.support.Link;
import io.reliablemessaging.test.PostgresServer;
import io.reliablemessaging.test.SharedServers;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.datasource.DelegatingDataSource;

/** Partitions change hands while the database is away, or does not answer. */
class HandOverIT {

    private static final int PARTITIONS = 12;
    private static final int KEYS = 20;

    private final PostgresServer postgres = PostgresServer.start();
    private final ListenerInstances app = new ListenerInstances(SharedServers.kafka(), postgres).with(Counting.class);

    @Configuration(proxyBeanMethods = false)
    static class Counting {

        @Bean
        static BeanPostProcessor counting() {
            return new BeanPostProcessor() {
                @Override
                public Object postProcessAfterInitialization(Object bean, String name) {
                    return bean instanceof DataSource pool ? new ReaderCounting(pool) : bean;
                }
            };
        }
    }

    /** Counts how often a thread that reads records asks for a connection. */
    private static final class ReaderCounting extends DelegatingDataSource {

        private final AtomicInteger asked = new AtomicInteger();

        private ReaderCounting(DataSource pool) {
            super(pool);
        }

        @Override
        public Connection getConnection() throws SQLException {
            if (Thread.currentThread().getName().contains("-reader-")) {
                asked.incrementAndGet();
            }
            return super.getConnection();
        }
    }

    @AfterEach
    void close() {
        app.close();
        postgres.close();
    }

    @Test
    void partitionsThatMoveWhileTheDatabaseIsAwayAreHandledOnceAndInOrder() {
        CountDownLatch away = new CountDownLatch(1);
        app.behaving(message -> {
            if (app.calls.size() > 30) {
                away.await();
            }
        });
        start();
        start();
        app.container(1).stop();
        app.publish(HandOverIT::keyOf, values(300));
        app.awaitEffects(20);
        postgres.kill();
        away.countDown();
        await().atMost(Duration.ofMinutes(1)).until(() -> hasOutage(0));
        int before = asked(0);
        int beforeOther = asked(1);
        app.container(1).start();
        await().atMost(Duration.ofMinutes(1)).until(() -> assigned(1) == PARTITIONS / 2 && hasOutage(1));
        app.container(0).stop();
        app.container(0).start();
        await().atMost(Duration.ofMinutes(1)).until(() -> assigned(0) + assigned(1) == PARTITIONS && assigned(0) > 0);
        // whoever knows of the outage does not ask, and whoever does not asks once for all partitions
        assertThat(asked(0) - before).isZero();
        assertThat(asked(1) - beforeOther).isLessThanOrEqualTo(1);
        postgres.restart();
        await().atMost(Duration.ofMinutes(2))
                .ignoreExceptions()
                .until(() -> app.effects().size() >= 300);
        assertThat(app.effects()).doesNotHaveDuplicates().hasSize(300);
        for (int key = 0; key < KEYS; key++) {
            int number = key;
            assertThat(app.effectsOf("k" + key))
                    .isEqualTo(values(300).stream()
                            .filter(value -> keyOf(value).equals("k" + number))
                            .toList());
        }
        await().until(() -> lag(0) == 0 && lag(1) == 0);
        assertThat(app.sql().queryForObject("select count(*) from reliable_messaging.parked_failure", Integer.class))
                .isZero();
    }

    @Test
    @Tag("long")
    void whoAsksForPartitionsOrParkedMessagesComesBackFromALinkThatDiesInSilence() throws Exception {
        AtomicBoolean broken = new AtomicBoolean(true);
        app.behaving(message -> {
            if (broken.get()) {
                throw new IllegalStateException("broken");
            }
        });
        try (Link link = Link.to(postgres)) {
            start(
                    "spring.datasource.url=" + link.jdbcUrl(app.database()),
                    "spring.datasource.hikari.validation-timeout=500",
                    "reliable-messaging.relay.lease=1s",
                    "reliable-messaging.listener.max-attempts=1000000");
            app.publish("k0", "parked");
            await().until(() -> app.parked("WAITING").size() == 1);
            app.container(0).stop();
            app.publish("k1", "live");
            await().until(() -> app.recorder(0).sent.size() == 2);
            try (Connection other = DriverManager.getConnection(
                    postgres.jdbcUrl(app.database()), postgres.username(), postgres.password())) {
                other.setAutoCommit(false);
                lock(other, "parked_key");
                lock(other, "partition_progress");
                app.container(0).start();
                await().until(() -> waiting(other, "parked_key") && waiting(other, "partition_progress"));
                link.silence();
                broken.set(false);
                other.rollback(); // they have their answers, which never arrive
            }
            await().atMost(Duration.ofMinutes(2))
                    .ignoreExceptions()
                    .until(() -> app.effects().size() == 2);
            assertThat(app.effects()).containsExactlyInAnyOrder("parked", "live");
        }
    }

    private void start(String... properties) {
        app.start(join(
                properties,
                "spring.datasource.hikari.connection-timeout=1000",
                "reliable-messaging.relay.lease=2s",
                "reliable-messaging.listener.hand-over-timeout=2s",
                "reliable-messaging.topics." + app.topic + ".partitions=" + PARTITIONS));
    }

    private static String[] join(String[] first, String... second) {
        return Stream.of(second, first).flatMap(Arrays::stream).toArray(String[]::new);
    }

    private static void lock(Connection other, String table) throws SQLException {
        try (Statement statement = other.createStatement()) {
            statement.execute("lock table reliable_messaging." + table);
        }
    }

    private static boolean waiting(Connection other, String table) throws SQLException {
        try (Statement statement = other.createStatement();
                ResultSet result = statement.executeQuery(
                        "select count(*) from pg_locks where not granted and relation = 'reliable_messaging." + table
                                + "'::regclass")) {
            return result.next() && result.getInt(1) > 0;
        }
    }

    private static String keyOf(String value) {
        return "k" + Integer.parseInt(value) % KEYS;
    }

    private static List<String> values(int count) {
        return IntStream.range(0, count).mapToObj(Integer::toString).toList();
    }

    private boolean hasOutage(int instance) {
        return app.container(instance).state().map(ConsumerState::outage).isPresent();
    }

    private int assigned(int instance) {
        return app.container(instance).getAssignedPartitions().size();
    }

    private int asked(int instance) {
        return app.running.get(instance).getBean(ReaderCounting.class).asked.get();
    }

    private long lag(int instance) {
        return app.running.get(instance).getBean(Listeners.class).all().stream()
                .map(MessagingSnapshot.Listener::lag)
                .mapToLong(lag -> lag == null ? -1 : lag)
                .sum();
    }
}
