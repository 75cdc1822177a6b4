package io.reliablemessaging.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.MessagePublisher;
import io.reliablemessaging.support.HostApplication;
import io.reliablemessaging.support.KafkaTopic;
import io.reliablemessaging.test.SharedServers;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.support.TransactionTemplate;

/** An instance that publishes wakes the one that sends, with nobody looking for an hour. */
class NoticesIT {

    private static final String NEVER = "reliable-messaging.relay.poll-interval=1h";

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Host {}

    private final String database = HostApplication.newDatabase();
    private final KafkaTopic topic =
            KafkaTopic.create(SharedServers.kafka().bootstrapServers(), "notices-" + UUID.randomUUID(), 1);
    private final List<ConfigurableApplicationContext> instances = new ArrayList<>();

    @AfterEach
    void stop() {
        instances.forEach(ConfigurableApplicationContext::close);
    }

    @Test
    void wakesTheOwnerOfALaneInAnotherInstance() {
        start(NEVER);
        start(NEVER, "reliable-messaging.relay.enabled=false");
        await().until(() -> listeners() == 1);
        publish("one");
        assertThat(topic.awaitValues(1)).containsExactly("one");
    }

    @Test
    void hearsAgainAfterItsConnectionWasCut() {
        start(NEVER);
        start(NEVER, "reliable-messaging.relay.enabled=false");
        await().until(() -> listeners() == 1);
        // and what is announced meanwhile is found when it listens again
        publish("before");
        topic.awaitValues(1);
        sql().queryForList("select pg_terminate_backend(pid) from pg_stat_activity where " + LISTENING);
        publish("meanwhile");
        topic.awaitValues(2);
        await().until(() -> listeners() == 1);
        publish("after");
        assertThat(topic.awaitValues(3)).containsExactly("before", "meanwhile", "after");
    }

    @Test
    void doesWithoutIfItIsToldSo() {
        start("reliable-messaging.relay.notify=false");
        start("reliable-messaging.relay.notify=false", "reliable-messaging.relay.enabled=false");
        publish("polled");
        assertThat(topic.awaitValues(1)).containsExactly("polled");
        assertThat(listeners()).isZero();
    }

    private static final String LISTENING =
            "datname = current_database() and query ilike 'listen %' and pid <> pg_backend_pid()";

    private int listeners() {
        return sql().queryForObject("select count(*) from pg_stat_activity where " + LISTENING, Integer.class);
    }

    private void start(String... properties) {
        instances.add(HostApplication.of(Host.class)
                .on(SharedServers.kafka())
                .on(SharedServers.postgres(), database)
                .with("spring.application.name=notices-test", "spring.datasource.hikari.maximum-pool-size=8")
                .with(properties)
                .run());
    }

    private void publish(String value) {
        ConfigurableApplicationContext publishing = instances.get(1);
        publishing
                .getBean(TransactionTemplate.class)
                .executeWithoutResult(
                        status -> publishing.getBean(MessagePublisher.class).publish(topic.name(), "key", value));
    }

    private JdbcTemplate sql() {
        return instances.get(1).getBean(JdbcTemplate.class);
    }
}
