package io.reliablemessaging.listener;

import static org.awaitility.Awaitility.await;

import io.reliablemessaging.IncomingMessage;
import io.reliablemessaging.MessagePublisher;
import io.reliablemessaging.ReliableListener;
import io.reliablemessaging.support.HostApplication;
import io.reliablemessaging.support.Recorder;
import io.reliablemessaging.test.KafkaCluster;
import io.reliablemessaging.test.PostgresServer;
import io.reliablemessaging.test.SharedServers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.UnaryOperator;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.kafka.config.KafkaListenerEndpointRegistry;
import org.springframework.transaction.support.TransactionTemplate;

/** Instances of one application with one listener, whose every effect is a row, and whose handler does what a test says. */
final class ListenerInstances implements AutoCloseable {

    static final String LISTENER = "tested";

    private static final Map<String, ListenerInstances> BY_TOPIC = new ConcurrentHashMap<>();

    final String topic = "listener-" + UUID.randomUUID();
    final List<ConfigurableApplicationContext> running = new ArrayList<>();
    final List<String> calls = new CopyOnWriteArrayList<>();
    private final KafkaCluster kafka;
    private final PostgresServer postgres;
    private final String database;
    private volatile Behaviour behaviour = message -> {};
    private Class<?> extension = Host.class;

    /** What the handler does, before its effect. */
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
        Effects effects(JdbcTemplate sql, @Value("${test.topic}") String topic) {
            sql.execute("create table if not exists effect"
                    + " (number bigint generated always as identity, key text, value text)");
            return new Effects(sql, BY_TOPIC.get(topic));
        }
    }

    record Effects(JdbcTemplate sql, ListenerInstances test) {

        @ReliableListener(id = LISTENER, topics = "${test.topic}", groupId = "${test.group:tested}")
        void on(IncomingMessage<String> message) throws Exception {
            test.calls.add(message.payload() + "#" + message.attempt());
            test.behaviour.handle(message);
            sql.update("insert into effect (key, value) values (?, ?)", message.key(), message.payload());
        }
    }

    ListenerInstances() {
        this(SharedServers.kafka(), SharedServers.postgres());
    }

    ListenerInstances(KafkaCluster kafka, PostgresServer postgres) {
        this.kafka = kafka;
        this.postgres = postgres;
        this.database = "listener_" + UUID.randomUUID().toString().replace("-", "");
        postgres.createDatabase(database);
        BY_TOPIC.put(topic, this);
    }

    ListenerInstances behaving(Behaviour behaviour) {
        this.behaviour = behaviour;
        return this;
    }

    /** Adds beans to each instance that is started from now on. */
    ListenerInstances with(Class<?> configuration) {
        this.extension = configuration;
        return this;
    }

    ConfigurableApplicationContext start(String... properties) {
        ConfigurableApplicationContext instance = HostApplication.of(Host.class)
                .and(extension)
                .on(kafka)
                .on(postgres, database)
                .with(
                        "spring.application.name=listener-test",
                        "spring.datasource.hikari.maximum-pool-size=12",
                        "spring.datasource.hikari.connection-timeout=2000",
                        "test.topic=" + topic,
                        "reliable-messaging.topics." + topic + ".partitions=2",
                        "reliable-messaging.listener.backoff.initial-delay=10ms",
                        "reliable-messaging.listener.backoff.max-delay=50ms")
                .with(properties)
                .run();
        running.add(instance);
        return instance;
    }

    void publish(String key, String value) {
        ConfigurableApplicationContext any = running.get(0);
        any.getBean(TransactionTemplate.class)
                .executeWithoutResult(
                        status -> any.getBean(MessagePublisher.class).publish(topic, key, value));
    }

    /** Publishes all of them in one transaction. */
    void publish(UnaryOperator<String> keyOf, List<String> values) {
        ConfigurableApplicationContext any = running.get(0);
        MessagePublisher publisher = any.getBean(MessagePublisher.class);
        any.getBean(TransactionTemplate.class)
                .executeWithoutResult(
                        status -> values.forEach(value -> publisher.publish(topic, keyOf.apply(value), value)));
    }

    List<String> effects() {
        return sql().queryForList("select value from effect order by number", String.class);
    }

    List<String> effectsOf(String key) {
        return sql().queryForList("select value from effect where key = ? order by number", String.class, key);
    }

    List<String> parked(String state) {
        return sql().queryForList(
                        "select convert_from(value, 'UTF8') from reliable_messaging.parked_message where state = ?"
                                + " order by id",
                        String.class,
                        state);
    }

    void awaitEffects(int count) {
        await().atMost(Duration.ofMinutes(2))
                .until(() -> sql().queryForObject("select count(*) from effect", Integer.class) >= count);
    }

    /** Asks the database itself, whatever has become of the instances' connections. */
    JdbcTemplate sql() {
        return new JdbcTemplate(
                new DriverManagerDataSource(postgres.jdbcUrl(database), postgres.username(), postgres.password()));
    }

    Recorder recorder(int instance) {
        return running.get(instance).getBean(Recorder.class);
    }

    ReliableListenerContainer container(int instance) {
        return (ReliableListenerContainer) running.get(instance)
                .getBean(KafkaListenerEndpointRegistry.class)
                .getListenerContainer(LISTENER);
    }

    /** Name of the database that all instances use. */
    String database() {
        return database;
    }

    /** Of the database that all instances use. */
    String jdbcUrl() {
        return postgres.jdbcUrl(database);
    }

    String bootstrapServers() {
        return kafka.bootstrapServers();
    }

    void stop(int instance) {
        running.remove(instance).close();
    }

    @Override
    public void close() {
        running.forEach(ConfigurableApplicationContext::close);
        BY_TOPIC.remove(topic);
    }
}
