package io.reliablemessaging.listener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.IncomingMessage;
import io.reliablemessaging.MessageId;
import io.reliablemessaging.MessagePublisher;
import io.reliablemessaging.MessagingSnapshot;
import io.reliablemessaging.ReliableListener;
import io.reliablemessaging.support.HostApplication;
import io.reliablemessaging.support.Recorder;
import io.reliablemessaging.test.SharedServers;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.kafka.config.KafkaListenerEndpointRegistry;
import org.springframework.kafka.listener.MessageListenerContainer;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.TransactionException;
import org.springframework.transaction.support.TransactionTemplate;

/** Listeners that share few connections: whoever hangs, waits or takes more than its part holds nobody else up. */
class PermitsIT {

    private static final List<String> LISTENERS = List.of("first", "second", "nested");
    private static final Behaviour NOTHING = message -> {};
    private static final Map<String, ConfigurableApplicationContext> APPS = new HashMap<>();
    private static final String DATABASE = HostApplication.newDatabase();
    private static final Map<String, Behaviour> BEHAVIOURS = new HashMap<>();
    private static final AtomicInteger POOL_TIMEOUTS = new AtomicInteger();

    private final String prefix = UUID.randomUUID() + "-";
    private ConfigurableApplicationContext app;

    /** What a handler does after its effect. */
    interface Behaviour {
        void handle(IncomingMessage<String> message) throws Exception;
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Host {

        @Bean
        Recorder recorder() {
            return new Recorder();
        }

        @Bean
        Effects effects(JdbcTemplate sql, PlatformTransactionManager manager) {
            sql.execute("create table if not exists effect (number bigint generated always as identity, listener text,"
                    + " value text, attempt int)");
            return new Effects(sql, manager);
        }
    }

    record Effects(JdbcTemplate sql, PlatformTransactionManager manager) {

        @ReliableListener(id = "first", topics = "permits-first", groupId = "first")
        void first(IncomingMessage<String> message) throws Exception {
            take("first", message);
        }

        @ReliableListener(id = "second", topics = "permits-second", groupId = "second")
        void second(IncomingMessage<String> message) throws Exception {
            take("second", message);
        }

        @ReliableListener(id = "nested", topics = "permits-nested", groupId = "nested")
        void nested(IncomingMessage<String> message) {
            sql.update(
                    "insert into effect (listener, value, attempt) values ('nested', ?, ?)",
                    message.payload(),
                    message.attempt());
            try {
                anew(() -> anew(() -> handle("nested", message)));
            } catch (TransactionException e) {
                POOL_TIMEOUTS.incrementAndGet();
                throw e;
            }
        }

        private void anew(Runnable work) {
            sql.queryForObject("select 1", Integer.class);
            TransactionTemplate transaction = new TransactionTemplate(manager);
            transaction.setPropagationBehavior(TransactionDefinition.PROPAGATION_REQUIRES_NEW);
            transaction.executeWithoutResult(status -> work.run());
        }

        private void take(String listener, IncomingMessage<String> message) {
            sql.update(
                    "insert into effect (listener, value, attempt) values (?, ?, ?)",
                    listener,
                    message.payload(),
                    message.attempt());
            handle(listener, message);
        }

        private static void handle(String listener, IncomingMessage<String> message) {
            try {
                BEHAVIOURS.getOrDefault(listener, NOTHING).handle(message);
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }
    }

    @AfterEach
    void forget() {
        BEHAVIOURS.clear();
    }

    @AfterAll
    static void stop() {
        APPS.values().forEach(ConfigurableApplicationContext::close);
    }

    /** A pool of ten, of which six are for handlers. */
    private void onSixPermits() {
        use("reliable-messaging.listener.connections-per-handler=1");
    }

    /** The same, and nobody waits long for a connection in vain. It is throttled then, so others have one of their own. */
    private void onSixPermitsThatAreTooMany() {
        use("spring.datasource.hikari.connection-timeout=500");
    }

    /** The same for handlers that are known to use three connections: two permits, and three listeners. */
    private void onTwoPermits() {
        use("reliable-messaging.listener.connections-per-handler=3");
    }

    private void use(String property) {
        APPS.forEach((name, other) -> {
            if (!name.equals(property)) {
                LISTENERS.forEach(id -> listener(other, id).stop());
            }
        });
        app = APPS.computeIfAbsent(
                property,
                name -> HostApplication.of(Host.class)
                        .on(SharedServers.kafka())
                        .on(SharedServers.postgres(), DATABASE)
                        .with(
                                "spring.application.name=permits",
                                "spring.datasource.hikari.maximum-pool-size=10",
                                "spring.datasource.hikari.connection-timeout=5000",
                                "reliable-messaging.topics.permits-first.partitions=1",
                                "reliable-messaging.topics.permits-second.partitions=1",
                                "reliable-messaging.topics.permits-nested.partitions=1",
                                property)
                        .run());
        LISTENERS.forEach(id -> listener(app, id).start());
        POOL_TIMEOUTS.set(0);
        recorder().failed.clear();
    }

    @Test
    void handlersThatHangStopNoOtherListener() {
        onSixPermits();
        CountDownLatch end = new CountDownLatch(1);
        AtomicInteger hanging = new AtomicInteger();
        BEHAVIOURS.put("first", message -> {
            hanging.incrementAndGet();
            end.await();
        });
        publish("first", 10);
        await().atMost(Duration.ofMinutes(1)).until(() -> hanging.get() >= 4);
        try {
            publish("second", 50);
            awaitEffects("second", 50);
            assertThat(effects("first")).isEmpty();
        } finally {
            end.countDown();
        }
        awaitEffects("first", 10);
    }

    /** Also where several keys share a transaction. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "reliable-messaging.listener.connections-per-handler=1",
                "reliable-messaging.listeners.first.transaction=batch"
            })
    void messagesThatAFrozenInstanceHoldsAreNotWaitedForByOthers(String setting) throws Exception {
        use(setting);
        listener(app, "first").stop();
        List<MessageId> ids = publish("first", 220);
        List<String> held = values(20);
        try (Connection frozen = DriverManager.getConnection(
                SharedServers.postgres().jdbcUrl(DATABASE),
                SharedServers.postgres().username(),
                SharedServers.postgres().password())) {
            frozen.setAutoCommit(false);
            try (PreparedStatement insert = frozen.prepareStatement("insert into reliable_messaging.inbox_message"
                    + " (consumer_group, topic, message_id) values ('first', 'permits-first', ?)")) {
                for (MessageId id : ids.subList(0, held.size())) {
                    insert.setObject(1, UUID.fromString(id.toString()));
                    insert.executeUpdate();
                }
            }
            listener(app, "first").start();
            awaitEffects("first", 200);
            assertThat(effects("first")).doesNotContainAnyElementsOf(held);
            frozen.rollback();
        }
        awaitEffects("first", 220);
        assertThat(effects("first")).doesNotHaveDuplicates().containsAll(held);
        assertThat(recorder().failed).isEmpty();
    }

    @Test
    void handlersThatUseMoreConnectionsThanThereAreSpendNoAttempt() {
        onSixPermitsThatAreTooMany();
        AtomicInteger calls = new AtomicInteger();
        BEHAVIOURS.put("nested", message -> {
            if (calls.incrementAndGet() <= 6) {
                await().until(() -> POOL_TIMEOUTS.get() > 0); // holds three until nobody gets a third one
            }
        });
        publish("nested", 100);
        awaitEffects("nested", 100);
        assertThat(POOL_TIMEOUTS).hasPositiveValue();
        assertThat(effects("nested")).doesNotHaveDuplicates();
        assertThat(attempts("nested")).containsOnly(1);
        assertThat(recorder().failed).isEmpty();
        assertThat(recorder().dead).isEmpty();
    }

    @Test
    void handlersThatAreKnownToUseThreeConnectionsGetThem() {
        onTwoPermits();
        publish("nested", 100);
        awaitEffects("nested", 100);
        assertThat(POOL_TIMEOUTS).hasValue(0);
    }

    @Test
    void withMoreListenersThanPermitsEachHasItsTurn() {
        onTwoPermits();
        Behaviour waitsForTheThird = message ->
                await().until(() -> lag("nested") > 0 || !effects("nested").isEmpty());
        BEHAVIOURS.put("first", waitsForTheThird);
        BEHAVIOURS.put("second", waitsForTheThird);
        publish("first", 200);
        publish("second", 200);
        await().until(() -> lag("first") == 200 && lag("second") == 200);
        publish("nested", 1);
        awaitEffects("first", 200);
        awaitEffects("second", 200);
        awaitEffects("nested", 1);
        assertThat(last("nested")).isLessThan(last("first")).isLessThan(last("second"));
    }

    private List<MessageId> publish(String listener, int count) {
        MessagePublisher publisher = app.getBean(MessagePublisher.class);
        List<MessageId> ids = new ArrayList<>();
        app.getBean(TransactionTemplate.class)
                .executeWithoutResult(status -> values(count)
                        .forEach(value -> ids.add(publisher.publish("permits-" + listener, value, value))));
        return ids;
    }

    private List<String> values(int count) {
        return IntStream.range(0, count).mapToObj(i -> prefix + i).toList();
    }

    private void awaitEffects(String listener, int count) {
        // the pool may have nothing for us either
        await().atMost(Duration.ofMinutes(2))
                .ignoreExceptions()
                .until(() -> effects(listener).size() >= count);
    }

    private List<String> effects(String listener) {
        return query("select value", listener, String.class);
    }

    private List<Integer> attempts(String listener) {
        return query("select attempt", listener, Integer.class);
    }

    private int last(String listener) {
        return query("select max(number)", listener, Integer.class).get(0);
    }

    private <T> List<T> query(String select, String listener, Class<T> type) {
        return app.getBean(JdbcTemplate.class)
                .queryForList(
                        select + " from effect where listener = ? and starts_with(value, ?)", type, listener, prefix);
    }

    private long lag(String listener) {
        return app.getBean(Listeners.class).all().stream()
                .filter(each -> each.id().equals(listener))
                .map(MessagingSnapshot.Listener::lag)
                .mapToLong(lag -> lag == null ? -1 : lag)
                .sum();
    }

    private static MessageListenerContainer listener(ConfigurableApplicationContext app, String id) {
        return app.getBean(KafkaListenerEndpointRegistry.class).getListenerContainer(id);
    }

    private Recorder recorder() {
        return app.getBean(Recorder.class);
    }
}
