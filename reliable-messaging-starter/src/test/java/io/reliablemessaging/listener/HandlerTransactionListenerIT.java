package io.reliablemessaging.listener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.IncomingMessage;
import io.reliablemessaging.MessagePublisher;
import io.reliablemessaging.ReliableListener;
import io.reliablemessaging.support.HostApplication;
import io.reliablemessaging.support.Link;
import io.reliablemessaging.support.Recorder;
import io.reliablemessaging.test.SharedServers;
import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.dao.DuplicateKeyException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.transaction.support.TransactionTemplate;

/** Messages whose handlers harm their transaction, from the topic to the effect or the dead letter. */
class HandlerTransactionListenerIT {

    private static final String WITHOUT_JPA =
            "spring.autoconfigure.exclude=org.springframework.boot.hibernate.autoconfigure.HibernateJpaAutoConfiguration,"
                    + "org.springframework.boot.data.jpa.autoconfigure.DataJpaRepositoriesAutoConfiguration";

    private static volatile Behaviour behaviour = (sql, message) -> {};
    private static final List<String> CALLS = new CopyOnWriteArrayList<>();

    private final String topic = "harmed-" + UUID.randomUUID();
    private final String database = HostApplication.newDatabase();
    private ConfigurableApplicationContext app;

    /** What the handler does, after its effect. */
    interface Behaviour {
        void handle(JdbcTemplate sql, IncomingMessage<String> message) throws Exception;
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Host {

        @Bean
        Recorder recorder() {
            return new Recorder();
        }

        @Bean
        Effects effects(JdbcTemplate sql) {
            sql.execute("create table if not exists effect (value text)");
            sql.execute("create table if not exists parcel (id int primary key)");
            sql.execute("insert into parcel values (1)");
            return new Effects(sql);
        }
    }

    record Effects(JdbcTemplate sql) {

        @ReliableListener(id = "harmed", topics = "${test.topic}", groupId = "harmed")
        void on(IncomingMessage<String> message) throws Exception {
            CALLS.add(message.payload() + "#" + message.attempt());
            sql.update("insert into effect values (?)", message.payload());
            behaviour.handle(sql, message);
        }
    }

    @AfterEach
    void stop() {
        app.close();
        CALLS.clear();
    }

    @ParameterizedTest
    @ValueSource(strings = {"test.jpa=true", WITHOUT_JPA})
    void aHandlerThatSwallowsAFailedStatementHasFailed(String host) {
        behaviour = (sql, message) -> {
            if (message.payload().startsWith("swallow")) {
                try {
                    sql.update("insert into parcel values (1)");
                } catch (DuplicateKeyException expected) {
                    // "it is there already"
                }
            } else if (message.payload().startsWith("rollback")) {
                sql.execute((Connection connection) -> {
                    connection.rollback();
                    return null;
                });
            }
        };
        start(host, "reliable-messaging.listener.max-attempts=2");
        publish("swallow", "rollback", "good");
        await().until(() -> recorder().dead.size() == 2);
        await().until(() -> recorder().handled.size() == 1);
        assertThat(effects()).containsExactly("good");
        assertThat(CALLS).containsExactlyInAnyOrder("swallow#1", "swallow#2", "rollback#1", "rollback#2", "good#1");
        assertThat(failures("swallow")).contains("a statement failed");
        assertThat(failures("rollback")).contains("over before the handler returned");
    }

    @ParameterizedTest
    @ValueSource(strings = {"transaction=batch", "ordering=partition", "ordering=key"})
    void whateverTheModeATransactionThatIsEndedByHandFails(String mode) {
        AtomicBoolean broken = new AtomicBoolean(true);
        behaviour = (sql, message) -> {
            if (broken.get()) {
                sql.execute((Connection connection) -> {
                    connection.rollback();
                    return null;
                });
            }
        };
        start("reliable-messaging.listener." + mode, "reliable-messaging.listener.max-attempts=1000");
        publish("one", "two", "three");
        await().until(() -> CALLS.stream().anyMatch(call -> call.endsWith("#3")));
        assertThat(effects()).isEmpty();
        broken.set(false);
        await().until(() -> recorder().handled.size() == 3);
        assertThat(effects()).containsExactlyInAnyOrder("one", "two", "three");
    }

    @ParameterizedTest
    @ValueSource(strings = {"test.jpa=true", WITHOUT_JPA})
    void aMessageThatTakesTooLongSaysSo(String host) {
        behaviour = (sql, message) -> {
            if (message.payload().equals("slow")) {
                int pid = sql.queryForObject("select pg_backend_pid()", Integer.class);
                await().atMost(Duration.ofMinutes(1)).until(() -> beside(pid) == 0);
            }
        };
        start(host, "reliable-messaging.listener.max-attempts=1", "reliable-messaging.listener.transaction-timeout=1s");
        publish("slow", "quick");
        await().until(() -> recorder().dead.size() == 1);
        await().until(() -> recorder().handled.size() == 1);
        assertThat(effects()).containsExactly("quick");
        assertThat(failures("slow"))
                .contains("TransactionTimedOutException")
                .contains("longer than transaction-timeout (1 s)")
                .contains("Caused by");
    }

    @Test
    void handlersComeBackFromALinkThatDiesInSilence() throws Exception {
        CountDownLatch inHandler = new CountDownLatch(6);
        CountDownLatch goOn = new CountDownLatch(1);
        behaviour = (sql, message) -> {
            inHandler.countDown();
            goOn.await();
            sql.queryForObject("select 1", Integer.class);
        };
        try (Link link = Link.to(SharedServers.postgres())) {
            start(
                    "spring.datasource.url=" + link.jdbcUrl(database),
                    "spring.datasource.hikari.maximum-pool-size=12",
                    "spring.datasource.hikari.validation-timeout=500",
                    "reliable-messaging.relay.lease=1s",
                    "reliable-messaging.listener.max-attempts=1",
                    "reliable-messaging.listener.transaction-timeout=3s");
            publish("m0", "m1", "m2", "m3", "m4", "m5");
            inHandler.await();
            link.silence();
            goOn.countDown();
            await().atMost(Duration.ofMinutes(2)).until(() -> recorder().handled.size() == 6);
            assertThat(effects()).containsExactlyInAnyOrder("m0", "m1", "m2", "m3", "m4", "m5");
            assertThat(recorder().dead).isEmpty();
            assertThat(CALLS).allMatch(call -> call.endsWith("#1")).hasSizeGreaterThan(6);
        }
    }

    @Test
    void aHandlerThatInterruptsItsThreadIsCalledOnce() {
        List<Boolean> interruptedAtCommit = new CopyOnWriteArrayList<>();
        behaviour = (sql, message) -> {
            TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {
                @Override
                public void beforeCommit(boolean readOnly) {
                    interruptedAtCommit.add(Thread.currentThread().isInterrupted());
                }
            });
            Thread.currentThread().interrupt();
        };
        start("spring.threads.virtual.enabled=true");
        List<String> all = IntStream.range(0, 20).mapToObj(i -> "m" + i).toList();
        publish(all.toArray(String[]::new));
        await().until(() -> recorder().handled.size() == 20);
        assertThat(interruptedAtCommit).hasSize(20).containsOnly(false);
        assertThat(CALLS).hasSize(20).allMatch(call -> call.endsWith("#1"));
        assertThat(effects()).containsExactlyInAnyOrderElementsOf(all);
    }

    @Test
    void anErrorThatAMessageCausesIsItsFailure() {
        behaviour = (sql, message) -> {
            switch (message.payload()) {
                case "assertion" -> throw new AssertionError("not so");
                case "class" -> throw new NoClassDefFoundError("missing");
                case "deep" -> deep(0);
                default -> {}
            }
        };
        start("reliable-messaging.listener.max-attempts=2");
        publish("assertion", "class", "deep", "good");
        await().until(() -> recorder().dead.size() == 3);
        await().until(() -> recorder().handled.size() == 1);
        assertThat(effects()).containsExactly("good");
        assertThat(failures("assertion")).contains("not so");
        assertThat(failures("class")).contains("NoClassDefFoundError");
        assertThat(failures("deep")).contains("StackOverflowError");
    }

    private static int deep(int depth) {
        return depth < 0 ? 0 : deep(depth + 1) + 1;
    }

    private void start(String... properties) {
        app = HostApplication.of(Host.class)
                .on(SharedServers.kafka())
                .on(SharedServers.postgres(), database)
                .with(
                        "spring.application.name=harmed",
                        "spring.flyway.enabled=false",
                        "spring.datasource.hikari.maximum-pool-size=12",
                        "spring.datasource.hikari.connection-timeout=2000",
                        "test.topic=" + topic,
                        "reliable-messaging.topics." + topic + ".partitions=1",
                        "reliable-messaging.listener.backoff.initial-delay=10ms",
                        "reliable-messaging.listener.backoff.max-delay=50ms")
                .with(properties)
                .run();
    }

    private void publish(String... values) {
        MessagePublisher publisher = app.getBean(MessagePublisher.class);
        app.getBean(TransactionTemplate.class).executeWithoutResult(status -> {
            for (String value : values) {
                publisher.publish(topic, value, value);
            }
        });
    }

    private List<String> effects() {
        return sql().queryForList("select value from effect", String.class);
    }

    private String failures(String value) {
        return String.join(
                "\n",
                sql().queryForList(
                                "select to_jsonb(f)::text || to_jsonb(p)::text from reliable_messaging.parked_message p"
                                        + " join reliable_messaging.parked_failure f on f.parked_id = p.id"
                                        + " where convert_from(p.value, 'UTF8') like '%' || ? || '%'",
                                String.class, value));
    }

    private int beside(int pid) {
        return sql().queryForObject("select count(*) from pg_stat_activity where pid = ?", Integer.class, pid);
    }

    private JdbcTemplate sql() {
        return app.getBean(JdbcTemplate.class);
    }

    private Recorder recorder() {
        return app.getBean(Recorder.class);
    }
}
