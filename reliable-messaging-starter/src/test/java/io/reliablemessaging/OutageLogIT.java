package io.reliablemessaging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import io.reliablemessaging.Trouble.Kind;
import io.reliablemessaging.actuate.ReliableMessagingEndpoint;
import io.reliablemessaging.support.LogCapture;
import io.reliablemessaging.test.KafkaCluster;
import io.reliablemessaging.test.PostgresServer;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.health.actuate.endpoint.HealthEndpoint;
import org.springframework.boot.health.actuate.endpoint.IndicatedHealthDescriptor;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.support.TransactionTemplate;

/** What a person reads while PostgreSQL or Kafka is away: one trouble, a line at its start and at its end, and answers at once. */
class OutageLogIT {

    private static final Duration PATIENCE = Duration.ofSeconds(90);
    // longer than whoever tries again waits between two tries
    private static final Duration A_WHILE = Duration.ofSeconds(10);
    private static final int MOST_LINES = 10;
    private static final Logger KAFKA = (Logger) LoggerFactory.getLogger("org.apache.kafka");

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Host {

        @Bean
        Effects effects(JdbcTemplate sql) {
            sql.execute("create table if not exists effect (value text)");
            return new Effects(sql);
        }
    }

    record Effects(JdbcTemplate sql) {

        @ReliableListener(id = "effects", topics = "events", groupId = "effects")
        void on(String value) {
            sql.update("insert into effect (value) values (?)", value);
        }

        @ReliableListener(id = "others", topics = "others", groupId = "others")
        void onOther(String value) {}
    }

    private static PostgresServer postgres;
    private static KafkaCluster kafka;

    private LogCapture log;
    private ConfigurableApplicationContext application;

    @BeforeAll
    static void startServers() {
        postgres = PostgresServer.start();
        kafka = KafkaCluster.start(1);
    }

    @AfterAll
    static void stopServers() {
        kafka.close();
        postgres.close();
    }

    @AfterEach
    void stop() {
        KAFKA.setLevel(Level.ERROR);
        if (application != null) {
            application.close();
        }
        if (log != null) {
            log.close();
        }
        if (postgres.isRunning()) {
            postgres.resume();
        } else {
            postgres.restart();
        }
        if (kafka.broker(0).isRunning()) {
            kafka.broker(0).resume();
        }
        kafka.startAll();
    }

    @Test
    void aCleanStopForcesNothing() {
        start();
        log.clear();
        application.close();
        assertThat(log.all()).noneMatch(line -> line.message().contains("force close"));
    }

    @Test
    @Tag("long")
    void aKilledBroker() {
        start();
        kafka.broker(0).kill();
        whileKafkaIsAway();
        kafka.broker(0).restart();
        afterKafkaWasAway();
    }

    @Test
    void aBrokerThatDoesNotAnswer() {
        start();
        kafka.broker(0).pause();
        whileKafkaIsAway();
        kafka.broker(0).resume();
        afterKafkaWasAway();
    }

    private void whileKafkaIsAway() {
        log.clear();
        publish("events", "waiting");
        publish("others", "waiting");
        await().atMost(PATIENCE).until(() -> !log.ours("Kafka is away").isEmpty());
        assertOnly(Kind.KAFKA_AWAY);
        pass(A_WHILE);
        assertOnly(Kind.KAFKA_AWAY);
        assertThat(log.ours("Kafka is away: no broker answers at " + kafka.bootstrapServers()))
                .hasSize(1);
        assertQuiet();
    }

    private void afterKafkaWasAway() {
        await().atMost(PATIENCE).until(() -> !log.ours("Kafka is back after").isEmpty());
        assertThat(log.ours("Kafka is back after"))
                .singleElement()
                .satisfies(line -> assertThat(line.message()).contains("20 messages waited, sent in"));
        awaitAllWell();
        assertQuiet();
    }

    @Test
    void aConsumerSaysThatKafkaIsAway() {
        start("reliable-messaging.relay.enabled=false");
        for (Runnable[] outage : new Runnable[][] {
            {kafka.broker(0)::kill, kafka.broker(0)::restart}, {kafka.broker(0)::pause, kafka.broker(0)::resume}
        }) {
            log.clear();
            outage[0].run();
            await().atMost(PATIENCE).until(() -> !log.ours("Kafka is away").isEmpty());
            assertOnly(Kind.KAFKA_AWAY);
            pass(A_WHILE);
            assertOnly(Kind.KAFKA_AWAY);
            assertThat(operations().listeners()).allMatch(listener -> listener.lag() == null);
            assertThat(log.ours("is away")).hasSize(1);
            outage[1].run();
            await().atMost(PATIENCE)
                    .until(() -> !log.ours("Kafka is back after").isEmpty());
            assertQuiet();
        }
    }

    @Test
    @Tag("long")
    void aKilledDatabase() {
        start();
        log.clear();
        postgres.kill();
        whilePostgresIsAway();
        postgres.restart();
        afterPostgresWasAway();
    }

    @Test
    void aDatabaseThatDoesNotAnswer() {
        start();
        log.clear();
        postgres.pause();
        whilePostgresIsAway();
        postgres.resume();
        afterPostgresWasAway();
    }

    private void whilePostgresIsAway() {
        await().atMost(PATIENCE).until(() -> !log.ours("PostgreSQL is away").isEmpty());
        assertOnly(Kind.POSTGRES_AWAY);
        pass(A_WHILE);
        assertOnly(Kind.POSTGRES_AWAY);
        assertThat(log.ours("PostgreSQL is away: no answer from jdbc:postgresql:"))
                .hasSize(1);
        assertQuiet();
    }

    private void afterPostgresWasAway() {
        await().atMost(PATIENCE)
                .until(() -> !log.ours("PostgreSQL is back after").isEmpty());
        awaitAllWell();
        assertQuiet();
    }

    @Test
    @Tag("long")
    void bothAtOnce() {
        start();
        log.clear();
        kafka.broker(0).kill();
        postgres.pause();
        await().atMost(PATIENCE)
                .until(() -> !log.ours("Kafka is away").isEmpty()
                        && !log.ours("PostgreSQL is away").isEmpty());
        pass(A_WHILE);
        assertOnly(Kind.POSTGRES_AWAY, Kind.KAFKA_AWAY);
        postgres.resume();
        kafka.broker(0).restart();
        await().atMost(PATIENCE)
                .until(() -> !log.ours("Kafka is back").isEmpty()
                        && !log.ours("PostgreSQL is back").isEmpty());
        awaitAllWell();
        assertQuiet();
    }

    private void start(String... properties) {
        application = new SpringApplicationBuilder(Host.class)
                .web(WebApplicationType.NONE)
                .properties(
                        "spring.application.name=outage-log-test",
                        "spring.datasource.url=" + postgres.jdbcUrl("postgres"),
                        "spring.datasource.username=" + postgres.username(),
                        "spring.datasource.password=" + postgres.password(),
                        "spring.datasource.hikari.maximum-pool-size=12",
                        "spring.kafka.bootstrap-servers=" + kafka.bootstrapServers(),
                        "management.endpoints.web.exposure.include=health,reliablemessaging",
                        "reliable-messaging.topics.events.partitions=1",
                        "reliable-messaging.topics.others.partitions=1")
                .properties(properties)
                .run();
        log = LogCapture.start(); // not before: Boot sets the logging up anew
        KAFKA.setLevel(Level.INFO);
        await().atMost(PATIENCE)
                .until(() -> operations().listeners().stream().allMatch(listener -> listener.partitions() == 1)
                        && operations().tablesReadAt().isPresent());
        if (properties.length == 0) {
            awaitAllWell();
            publish("events", "before");
            await().atMost(PATIENCE)
                    .ignoreExceptions()
                    .until(() -> operations().snapshot().outbox().messages() == 0);
        }
    }

    private MessagingOperations operations() {
        return application.getBean(MessagingOperations.class);
    }

    /** The trouble that there is, whoever is asked, without waiting for anybody. */
    private void assertOnly(Kind... kinds) {
        long begin = System.nanoTime();
        assertThat(operations().troubles())
                .extracting(Trouble::kind)
                .filteredOn(kind -> kind != Kind.LANES_WITHOUT_OWNER) // where no relay is wanted
                .containsExactly(kinds);
        assertThat(application.getBean(ReliableMessagingEndpoint.class).overview())
                .isNotNull();
        for (String indicator : List.of("reliableMessagingSending", "reliableMessagingListeners")) {
            assertThat(health(indicator).getStatus().getCode()).isEqualTo("DEGRADED");
            assertThat(health(indicator).getDetails()).containsKey("tablesReadAt");
        }
        // no timing: whoever waits for a server that does not answer waits for five seconds at least
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(5));
    }

    private IndicatedHealthDescriptor health(String indicator) {
        return (IndicatedHealthDescriptor)
                application.getBean(HealthEndpoint.class).healthForPath(indicator);
    }

    private void awaitAllWell() {
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(operations().troubles()).isEmpty());
    }

    private void assertQuiet() {
        assertThat(log.ours()).hasSizeLessThanOrEqualTo(MOST_LINES);
        assertThat(log.ours()).allMatch(line -> line.stackTrace().isEmpty());
        assertThat(log.all())
                .filteredOn(line -> line.logger().endsWith("AdminMetadataManager"))
                .noneMatch(line -> line.message().contains("Rebootstrapping"));
    }

    /** How long something is away is a part of the fault, not a wait for anything. */
    private static void pass(Duration time) {
        await().pollDelay(time).atMost(time.multipliedBy(2)).until(() -> true);
    }

    private void publish(String topic, String name) {
        MessagePublisher publisher = application.getBean(MessagePublisher.class);
        application
                .getBean(TransactionTemplate.class)
                .executeWithoutResult(
                        status -> IntStream.range(0, 10).forEach(i -> publisher.publish(topic, "key" + i, name + i)));
    }
}
