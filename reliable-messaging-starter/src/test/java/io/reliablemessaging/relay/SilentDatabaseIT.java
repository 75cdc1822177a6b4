package io.reliablemessaging.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.MessagePublisher;
import io.reliablemessaging.OutgoingMessage;
import io.reliablemessaging.schema.AnsweringDataSource;
import io.reliablemessaging.support.HostApplication;
import io.reliablemessaging.support.KafkaTopic;
import io.reliablemessaging.support.Link;
import io.reliablemessaging.test.SharedServers;
import java.sql.Connection;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.postgresql.ds.PGSimpleDataSource;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;
import org.springframework.transaction.support.TransactionTemplate;

/** Connections to the database die, and nobody says so: no answer comes, and no end. */
class SilentDatabaseIT {

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Host {}

    private final String database = HostApplication.newDatabase();
    private final Link link = Link.to(SharedServers.postgres());

    @AfterEach
    void closeLink() throws Exception {
        link.close();
    }

    @Test
    void theRelayGoesOnWithNewConnections() {
        KafkaTopic topic =
                KafkaTopic.create(SharedServers.kafka().bootstrapServers(), "silent-" + UUID.randomUUID(), 1);
        try (ConfigurableApplicationContext relay = start(
                        "spring.datasource.url=" + link.jdbcUrl(database),
                        "spring.datasource.hikari.maximum-pool-size=8",
                        "spring.datasource.hikari.validation-timeout=500",
                        "reliable-messaging.relay.lease=1s");
                ConfigurableApplicationContext publisher = start("reliable-messaging.relay.enabled=false")) {
            publish(publisher, OutgoingMessage.to(topic.name()).key("k").payload("before"));
            topic.awaitValues(1);
            link.silence();
            publish(publisher, OutgoingMessage.to(topic.name()).key("k").payload("after"));
            publish(
                    publisher,
                    OutgoingMessage.to(topic.name())
                            .key("k")
                            .payload("delayed")
                            .deliverAt(Instant.now().plusMillis(100)));
            await().atMost(Duration.ofMinutes(1)).until(() -> topic.values().contains("delayed"));
            assertThat(topic.values()).contains("before", "after");
            await().atMost(Duration.ofMinutes(1))
                    .until(() -> publisher
                            .getBean(JdbcTemplate.class)
                            .queryForList("select id from reliable_messaging.outbox_message")
                            .isEmpty());
            assertThat(relay.getBean(Relay.class).lanes()).hasSize(32);
        }
    }

    @Test
    @Timeout(value = 1, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void aStatementWithoutAnAnswerFails() throws Exception {
        DataSource answering = new AnsweringDataSource(direct(), Duration.ofMillis(500));
        try (Connection connection = answering.getConnection()) {
            assertThat(connection.isValid(0)).isTrue();
            link.silence();
            assertThatThrownBy(() -> connection.createStatement().execute("select 1"))
                    .hasStackTraceContaining("SocketTimeoutException");
        }
    }

    @Test
    void theHostsOwnWorkIsNotLimited() throws Exception {
        try (Connection hosts = direct().getConnection()) {
            hosts.setNetworkTimeout(Runnable::run, 77_000);
            SingleConnectionDataSource pool = new SingleConnectionDataSource(hosts, true);
            try (Connection ours = new AnsweringDataSource(pool, Duration.ofSeconds(5)).getConnection()) {
                assertThat(ours.getNetworkTimeout()).isEqualTo(5_000);
            }
            assertThat(hosts.getNetworkTimeout()).isEqualTo(77_000);
        }
    }

    private DataSource direct() {
        PGSimpleDataSource dataSource = new PGSimpleDataSource();
        dataSource.setUrl(link.jdbcUrl(database));
        dataSource.setUser(SharedServers.postgres().username());
        dataSource.setPassword(SharedServers.postgres().password());
        return dataSource;
    }

    private ConfigurableApplicationContext start(String... properties) {
        return HostApplication.of(Host.class)
                .on(SharedServers.kafka())
                .on(SharedServers.postgres(), database)
                .with("spring.application.name=silent-database")
                .with(properties)
                .run();
    }

    private static void publish(ConfigurableApplicationContext instance, OutgoingMessage.Builder message) {
        instance.getBean(TransactionTemplate.class)
                .executeWithoutResult(
                        status -> instance.getBean(MessagePublisher.class).publish(message.build()));
    }
}
