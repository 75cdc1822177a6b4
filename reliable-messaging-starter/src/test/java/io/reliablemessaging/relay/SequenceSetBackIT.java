package io.reliablemessaging.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.MessagePublisher;
import io.reliablemessaging.intake.LaneFloors;
import io.reliablemessaging.support.HostApplication;
import io.reliablemessaging.support.KafkaTopic;
import io.reliablemessaging.support.LogCapture;
import io.reliablemessaging.support.NoPreflight;
import io.reliablemessaging.test.SharedServers;
import java.util.Objects;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.test.util.ReflectionTestUtils;
import org.springframework.transaction.support.TransactionTemplate;

/** Under a relay that has learned how far its lanes are empty, ids begin again: what is stored with them is sent. */
class SequenceSetBackIT {

    private static final int ENOUGH_FOR_FLOORS = 3_000;
    private static final String SEQUENCE =
            "pg_get_serial_sequence('reliable_messaging.outbox_message', 'id')::regclass";

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    @Import(NoPreflight.class)
    static class Host {}

    private static ConfigurableApplicationContext host;

    private final LogCapture log = LogCapture.start();
    private final KafkaTopic topic =
            KafkaTopic.create(SharedServers.kafka().bootstrapServers(), "set-back-" + UUID.randomUUID(), 1);
    private JdbcTemplate sql;
    private int published;

    @BeforeAll
    static void start() {
        host = HostApplication.onSharedServers(Host.class).run();
    }

    @AfterAll
    static void stop() {
        host.close();
    }

    @BeforeEach
    void raiseFloors() {
        sql = host.getBean(JdbcTemplate.class);
        publish(ENOUGH_FOR_FLOORS);
        await().until(() -> {
            publish(1); // the relay finds out when it reads
            return floor() > 0;
        });
        awaitEmpty();
    }

    @AfterEach
    void closeLog() {
        log.close();
    }

    @Test
    void bySetval() {
        sql.queryForList("select setval(" + SEQUENCE + ", 1)");
        publish(1);
        awaitEmpty();
        assertThat(log.ours("Ids of the outbox have gone back")).hasSize(1);
    }

    @Test
    void byARestoreToAnEarlierState() {
        Long last = sql.queryForObject("select pg_sequence_last_value(" + SEQUENCE + ")", Long.class);
        sql.execute("truncate reliable_messaging.outbox_message restart identity");
        sql.update(
                "insert into reliable_messaging.outbox_message (lane, id, message_id, topic, key, value, headers)"
                        + " overriding system value select lane, ?, gen_random_uuid(), '" + topic.name()
                        + "', 'k', 'text', '\\x0000' from generate_series(0, 31) lane",
                Objects.requireNonNull(last) / 2);
        published += 32;
        awaitEmpty();
        assertThat(log.ours("Ids of the outbox have gone back")).isNotEmpty();
    }

    private void awaitEmpty() {
        await().until(() -> sql.queryForList("select id from reliable_messaging.outbox_message")
                .isEmpty());
        assertThat(topic.awaitValues(published)).hasSize(published);
    }

    private long floor() {
        Object run = ReflectionTestUtils.getField(host.getBean(Relay.class), "run");
        Object intake = ReflectionTestUtils.getField(((Relay.Run) Objects.requireNonNull(run)).loop(), "intake");
        Object floors = ReflectionTestUtils.getField(Objects.requireNonNull(intake), "laneFloors");
        return ((LaneFloors) Objects.requireNonNull(floors)).readAfter(0, java.util.Set.of());
    }

    private void publish(int count) {
        published += count;
        MessagePublisher publisher = host.getBean(MessagePublisher.class);
        host.getBean(TransactionTemplate.class).executeWithoutResult(status -> {
            for (int i = 0; i < count; i++) {
                publisher.publish(topic.name(), "key-" + i, "text");
            }
        });
    }
}
