package io.reliablemessaging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.support.KafkaTopic;
import io.reliablemessaging.support.Recorder;
import io.reliablemessaging.test.KafkaCluster;
import io.reliablemessaging.test.PostgresServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.kafka.config.KafkaListenerEndpointRegistry;
import org.springframework.kafka.listener.MessageListenerContainer;
import org.springframework.transaction.support.TransactionTemplate;

/** Broker and database die and come back under a running application: nothing is lost, nothing changes places. */
@ExtendWith(OutputCaptureExtension.class)
class OutageIT {

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Host {

        @Bean
        Recorder recorder() {
            return new Recorder();
        }

        @Bean
        Effects effects(JdbcTemplate sql) {
            sql.execute("create table if not exists effect (number bigint generated always as identity, value text)");
            return new Effects(sql);
        }
    }

    record Effects(JdbcTemplate sql) {

        @ReliableListener(id = "effects", topics = "events", groupId = "effects")
        void on(String value) {
            if (value.equals(FAILING.get())) {
                throw new IllegalStateException("told to fail");
            }
            sql.update("insert into effect (value) values (?)", value);
        }

        List<String> all() {
            return sql.queryForList("select value from effect order by number", String.class);
        }
    }

    // longer than a pool waits for a connection, or a client of the broker for an answer
    private static final Duration A_WHILE = Duration.ofSeconds(5);
    private static final AtomicReference<String> FAILING = new AtomicReference<>();

    private static PostgresServer postgres;
    private static KafkaCluster kafka;
    private static ConfigurableApplicationContext application;

    @BeforeAll
    static void start() {
        postgres = PostgresServer.start();
        kafka = KafkaCluster.start(1);
        application = new SpringApplicationBuilder(Host.class)
                .web(WebApplicationType.NONE)
                .properties(
                        "spring.application.name=outage-test",
                        "spring.datasource.url=" + postgres.jdbcUrl("postgres"),
                        "spring.datasource.username=" + postgres.username(),
                        "spring.datasource.password=" + postgres.password(),
                        "spring.datasource.hikari.connection-timeout=1000",
                        "spring.kafka.bootstrap-servers=" + kafka.bootstrapServers(),
                        "spring.kafka.consumer.properties.session.timeout.ms=3000",
                        "spring.kafka.consumer.properties.heartbeat.interval.ms=1000",
                        "spring.kafka.consumer.properties.request.timeout.ms=2000",
                        "spring.kafka.consumer.properties.default.api.timeout.ms=3000",
                        "spring.kafka.consumer.properties.max.poll.interval.ms=4000",
                        "spring.jpa.open-in-view=false",
                        "reliable-messaging.relay.lease=3s",
                        "reliable-messaging.topics.events.partitions=1")
                .run();
    }

    @AfterAll
    static void stop() {
        application.close();
        kafka.close();
        postgres.close();
    }

    @Test
    void deliversInOrderWhatWasPublishedWhileTheBrokerWasDead() {
        List<String> all = values("broker");
        all.subList(0, 10).forEach(this::publish);
        awaitEffects(all.subList(0, 10));
        kafka.broker(0).kill();
        all.subList(10, 20).forEach(this::publish);
        kafka.broker(0).restart();
        all.subList(20, 30).forEach(this::publish);
        awaitEffects(all);
        assertFirstAppearancesInOrder(all);
    }

    @Test
    void deliversInOrderWhatWasPublishedAroundThePowerCutOfTheDatabase() {
        List<String> all = values("database");
        all.subList(0, 15).forEach(this::publish);
        postgres.kill();
        postgres.restart();
        all.subList(15, 30)
                .forEach(value -> await().ignoreExceptions().until(() -> {
                    publish(value);
                    return true;
                }));
        awaitEffects(all);
        assertFirstAppearancesInOrder(all);
    }

    @Test
    void aDatabaseThatIsAwayForAWhileSpendsNoAttempt(CapturedOutput output) {
        List<String> all = values("waiting");
        MessageListenerContainer listener =
                application.getBean(KafkaListenerEndpointRegistry.class).getListenerContainer("effects");
        listener.pause();
        await().until(listener::isContainerPaused);
        all.forEach(this::publish);
        KafkaTopic events = new KafkaTopic(kafka.bootstrapServers(), "events");
        await().atMost(Duration.ofMinutes(1)).until(() -> events.values().containsAll(all));
        int before = output.getAll().length();
        postgres.kill();
        listener.resume();
        await().atMost(Duration.ofMinutes(1))
                .until(() -> output.getAll().substring(before).contains("PostgreSQL is away"));
        pass(A_WHILE);
        postgres.restart();
        awaitEffects(all);
        assertThat(count("parked_failure")).isZero();
        assertThat(count("parked_message")).isZero();
    }

    @Test
    void whileTheBrokerIsAwayParkedMessagesAreHandled() {
        List<String> all = values("behind");
        FAILING.set(all.get(0));
        all.subList(0, 10).forEach(this::publish);
        await().atMost(Duration.ofMinutes(1)).until(() -> count("parked_message") == 10);
        kafka.broker(0).kill();
        FAILING.set(null);
        awaitEffects(all.subList(0, 10));
        all.subList(10, 20).forEach(this::publish);
        pass(A_WHILE);
        kafka.broker(0).restart();
        all.subList(20, 30).forEach(this::publish);
        awaitEffects(all);
        assertFirstAppearancesInOrder(all);
    }

    /** How long something is away is a part of the fault, not a wait for anything. */
    private static void pass(Duration time) {
        await().pollDelay(time).atMost(time.multipliedBy(2)).until(() -> true);
    }

    private static int count(String table) {
        return application
                .getBean(JdbcTemplate.class)
                .queryForObject("select count(*) from reliable_messaging." + table, Integer.class);
    }

    private static List<String> values(String name) {
        return new ArrayList<>(IntStream.range(0, 30).mapToObj(i -> name + i).toList());
    }

    private void publish(String value) {
        application
                .getBean(TransactionTemplate.class)
                .executeWithoutResult(
                        status -> application.getBean(MessagePublisher.class).publish("events", "key", value));
    }

    private static void awaitEffects(List<String> expected) {
        Effects effects = application.getBean(Effects.class);
        await().atMost(Duration.ofSeconds(60))
                .ignoreExceptions()
                .untilAsserted(() ->
                        assertThat(effects.all()).filteredOn(expected::contains).isEqualTo(expected));
    }

    private static void assertFirstAppearancesInOrder(List<String> expected) {
        List<String> onTopic = new KafkaTopic(kafka.bootstrapServers(), "events").values();
        assertThat(new ArrayList<>(new LinkedHashSet<>(onTopic)))
                .filteredOn(expected::contains)
                .isEqualTo(expected);
    }
}
