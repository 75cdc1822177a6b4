package io.reliablemessaging.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.InvalidMessageException;
import io.reliablemessaging.MessagePublisher;
import io.reliablemessaging.MessageSender;
import io.reliablemessaging.OutgoingMessage;
import io.reliablemessaging.support.HostApplication;
import io.reliablemessaging.support.KafkaTopic;
import io.reliablemessaging.test.SharedServers;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.support.TransactionTemplate;

/** Delayed messages leave when they are due, once each, whoever dies in between. */
class DelayedMessagesIT {

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Host {}

    private final String database = HostApplication.newDatabase();
    private final KafkaTopic topic =
            KafkaTopic.create(SharedServers.kafka().bootstrapServers(), "delayed-" + UUID.randomUUID(), 2);
    private final List<ConfigurableApplicationContext> instances = new ArrayList<>();

    @AfterEach
    void stop() {
        instances.forEach(ConfigurableApplicationContext::close);
    }

    @Test
    void leavesNotBeforeItIsDue() {
        start("true");
        Instant due = databaseTime().plusSeconds(2);
        publish(List.of("later"), due);
        assertThat(sql().queryForObject("select count(*) from reliable_messaging.outbox_message", Integer.class))
                .isZero();
        topic.awaitValues(1);
        // the broker's clock is this machine's, as the database's is
        assertThat(topic.records().get(0).timestamp()).isGreaterThanOrEqualTo(due.toEpochMilli());
        assertThat(waiting()).isZero();
    }

    @Test
    void oneThatIsDueInThePastLeavesNow() {
        start("true");
        publish(List.of("now"), Instant.EPOCH);
        assertThat(waiting()).isZero();
        assertThat(topic.awaitValues(1)).containsExactly("now");
    }

    @Test
    void goesWithItsTransaction() {
        start("true");
        instances.get(0).getBean(TransactionTemplate.class).executeWithoutResult(status -> {
            publisher().publish(message("never", databaseTime().plusSeconds(60)));
            status.setRollbackOnly();
        });
        assertThat(waiting()).isZero();
    }

    @Test
    void tenThousandThatAreDueTogetherLeaveOnceEachFromSeveralInstances() {
        start("false");
        List<String> values =
                IntStream.range(0, 10_000).mapToObj(Integer::toString).toList();
        publish(values, databaseTime().plusSeconds(3600));
        sql().update("update reliable_messaging.outbox_delayed set deliver_at = clock_timestamp()");
        start("true");
        start("true");
        List<String> sent = topic.awaitValues(10_000);
        await().until(() -> waiting() == 0);
        assertThat(sent).containsExactlyInAnyOrderElementsOf(values);
    }

    @Test
    void waitsForTheNextInstanceIfItsOwnHasStopped() {
        start("true");
        publish(List.of("later"), databaseTime().plusSeconds(3600));
        instances.remove(0).close();
        start("true");
        assertThat(waiting()).isEqualTo(1);
        sql().update("update reliable_messaging.outbox_delayed set deliver_at = clock_timestamp()");
        assertThat(topic.awaitValues(1)).containsExactly("later");
    }

    @Test
    void aDirectSendCannotBeDelayed() {
        start("true");
        MessageSender sender = instances.get(0).getBean(MessageSender.class);
        OutgoingMessage message = message("later", Instant.EPOCH);
        assertThatExceptionOfType(InvalidMessageException.class)
                .isThrownBy(() -> sender.send(message))
                .withMessageContaining("cannot be delayed");
    }

    private void start(String relay) {
        instances.add(HostApplication.of(Host.class)
                .on(SharedServers.kafka())
                .on(SharedServers.postgres(), database)
                .with(
                        "spring.application.name=delayed-test",
                        "spring.datasource.hikari.maximum-pool-size=8",
                        "reliable-messaging.relay.enabled=" + relay)
                .run());
    }

    private void publish(List<String> values, Instant due) {
        instances
                .get(0)
                .getBean(TransactionTemplate.class)
                .executeWithoutResult(
                        status -> values.forEach(value -> publisher().publish(message(value, due))));
    }

    private OutgoingMessage message(String value, Instant due) {
        return OutgoingMessage.to(topic.name())
                .key(value)
                .payload(value)
                .deliverAt(due)
                .build();
    }

    private MessagePublisher publisher() {
        return instances.get(0).getBean(MessagePublisher.class);
    }

    private JdbcTemplate sql() {
        return instances.get(0).getBean(JdbcTemplate.class);
    }

    private Instant databaseTime() {
        Double seconds = sql().queryForObject("select extract(epoch from clock_timestamp())", Double.class);
        return Instant.EPOCH.plus(Duration.ofMillis((long) (seconds * 1000)));
    }

    private int waiting() {
        return sql().queryForObject("select count(*) from reliable_messaging.outbox_delayed", Integer.class);
    }
}
