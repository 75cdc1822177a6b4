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
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.support.TransactionTemplate;

/** Broker and database die and come back under a running application: nothing is lost, nothing changes places. */
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

        @ReliableListener(topics = "events", groupId = "effects")
        void on(String value) {
            sql.update("insert into effect (value) values (?)", value);
        }

        List<String> all() {
            return sql.queryForList("select value from effect order by number", String.class);
        }
    }

    private static PostgresServer postgres;
    private static KafkaCluster kafka;
    private static ConfigurableApplicationContext application;

    @BeforeAll
    static void start() {
        postgres = PostgresServer.start();
        kafka = KafkaCluster.start(1);
        application = new SpringApplicationBuilder(Host.class)
                .properties(
                        "spring.application.name=outage-test",
                        "spring.datasource.url=" + postgres.jdbcUrl("postgres"),
                        "spring.datasource.username=" + postgres.username(),
                        "spring.datasource.password=" + postgres.password(),
                        "spring.datasource.hikari.connection-timeout=1000",
                        "spring.kafka.bootstrap-servers=" + kafka.bootstrapServers(),
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
