package io.reliablemessaging.outbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.MessageId;
import io.reliablemessaging.MessagePublisher;
import io.reliablemessaging.MessagingOperations;
import io.reliablemessaging.OutboxReplay;
import io.reliablemessaging.published.PublishedPurge;
import io.reliablemessaging.support.HostApplication;
import io.reliablemessaging.support.KafkaTopic;
import io.reliablemessaging.test.SharedServers;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.stream.IntStream;
import org.apache.kafka.common.utils.Utils;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.SmartLifecycle;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.support.TransactionTemplate;

/** Sent messages are kept for as long as the application says, and can be sent again. */
class ReplayIT {

    private static final Instant LATER = Instant.parse("2999-01-01T00:00:00Z");

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Host {}

    private final KafkaTopic topic =
            KafkaTopic.create(SharedServers.kafka().bootstrapServers(), "replay-" + UUID.randomUUID(), 1);
    private ConfigurableApplicationContext host;

    @BeforeEach
    void start() {
        host = HostApplication.onSharedServers(Host.class)
                .with("reliable-messaging.outbox.retention=7d", "spring.datasource.hikari.maximum-pool-size=8")
                .run();
    }

    @AfterEach
    void stop() {
        host.close();
    }

    @Test
    void sendsAgainInOrderWithTheSameIds() {
        List<String> ids = IntStream.range(0, 2500)
                .mapToObj(i -> publish("k", "v" + i).toString())
                .toList();
        awaitKept(2500);
        assertThat(replay(null, Instant.EPOCH)).isEqualTo(2500);
        awaitKept(5000); // kept in their turn, and not replayed in the same go
        List<String> sent = ids(topic.values().size());
        assertThat(sent).hasSize(5000);
        assertThat(sent.subList(2500, 5000)).isEqualTo(sent.subList(0, 2500)).containsExactlyInAnyOrderElementsOf(ids);
    }

    @Test
    void sendsOnlyWhatWasAskedForAndWritesDownWhoAsked() {
        publish("a", "1");
        publish("b", "2");
        awaitKept(2);
        Instant between = sql().queryForObject("select clock_timestamp()", java.sql.Timestamp.class)
                .toInstant();
        publish("a", "3");
        awaitKept(3);
        assertThat(replay("a", Instant.EPOCH)).isEqualTo(2);
        assertThat(replay(null, between)).isGreaterThanOrEqualTo(1);
        assertThat(sql().queryForList("select who from reliable_messaging.operation_log", String.class))
                .containsExactly("ann", "ann");
        assertThat(host.getBean(OutboxReplay.class)
                        .replay(topic.name(), "b", Instant.EPOCH, LATER, "the new group needs them", "ann"))
                .isGreaterThanOrEqualTo(1);
        assertThat(sql().queryForList(
                                "select coalesce(reason, 'none') from reliable_messaging.operation_log order by id",
                                String.class))
                .containsExactly("none", "none", "the new group needs them");
        assertThatIllegalArgumentException()
                .isThrownBy(() ->
                        host.getBean(OutboxReplay.class).replay(topic.name(), null, Instant.EPOCH, LATER, " ", "ann"))
                .withMessageContaining("'reason' is empty");
        assertThatIllegalArgumentException()
                .isThrownBy(
                        () -> host.getBean(OutboxReplay.class).replay(topic.name(), null, Instant.EPOCH, LATER, " "))
                .withMessageContaining("'who' is empty");
        assertThatIllegalArgumentException()
                .isThrownBy(
                        () -> host.getBean(OutboxReplay.class).replay(topic.name(), null, LATER, Instant.EPOCH, "ann"))
                .withMessageContaining("the end must be after");
    }

    /** Otherwise a key's replayed messages would be sent beside its new ones, by another instance perhaps. */
    @Test
    void sendsAgainByTheLaneOfToday() {
        List<String> keys = IntStream.range(0, 50).mapToObj(i -> "k" + i).toList();
        keys.forEach(key -> publish(key, "v"));
        awaitKept(50);
        host.getBean("reliableMessagingRelay", SmartLifecycle.class).stop();
        host.getBean(MessagingOperations.class).growLanes(77, "olive");
        assertThat(replay(null, Instant.EPOCH)).isEqualTo(50);
        assertThat(sql().query(
                                "select key, lane from reliable_messaging.outbox_message",
                                (row, number) ->
                                        Map.entry(new String(row.getBytes(1), StandardCharsets.UTF_8), row.getInt(2))))
                .hasSize(50)
                .allSatisfy(row -> assertThat(row.getValue())
                        .isEqualTo(
                                Utils.toPositive(Utils.murmur2(row.getKey().getBytes(StandardCharsets.UTF_8))) % 77));
    }

    @Test
    void removesWhatIsOldEnough() {
        publish("a", "old");
        publish("a", "young");
        awaitKept(2);
        sql().update("update reliable_messaging.outbox_published set sent_at = sent_at - interval '8 days'"
                + " where value = 'old'::bytea");
        PublishedPurge purge = host.getBean(PublishedPurge.class);
        purge.stop();
        purge.start();
        awaitKept(1);
        assertThat(sql().queryForList(
                                "select convert_from(value, 'UTF8') from reliable_messaging.outbox_published",
                                String.class))
                .containsExactly("young");
    }

    @Test
    void keepsNothingUnlessItIsToldTo() {
        try (ConfigurableApplicationContext forgetful =
                HostApplication.onSharedServers(Host.class).run()) {
            assertThat(forgetful.getBeanNamesForType(OutboxReplay.class)).isEmpty();
            forgetful
                    .getBean(TransactionTemplate.class)
                    .executeWithoutResult(
                            status -> forgetful.getBean(MessagePublisher.class).publish(topic.name(), "k", "v"));
            JdbcTemplate sql = forgetful.getBean(JdbcTemplate.class);
            await().until(() ->
                    sql.queryForObject("select count(*) from reliable_messaging.outbox_message", Integer.class) == 0);
            assertThat(sql.queryForObject("select count(*) from reliable_messaging.outbox_published", Integer.class))
                    .isZero();
        }
    }

    private MessageId publish(String key, String value) {
        return Objects.requireNonNull(host.getBean(TransactionTemplate.class)
                .execute(status -> host.getBean(MessagePublisher.class).publish(topic.name(), key, value)));
    }

    private long replay(String key, Instant from) {
        return host.getBean(OutboxReplay.class).replay(topic.name(), key, from, LATER, "ann");
    }

    private void awaitKept(int count) {
        await().atMost(java.time.Duration.ofSeconds(60))
                .until(() ->
                        sql().queryForObject("select count(*) from reliable_messaging.outbox_published", Integer.class)
                                == count);
    }

    private List<String> ids(int count) {
        List<String> ids = new ArrayList<>();
        topic.records()
                .forEach(record -> ids.add(
                        new String(record.headers().lastHeader("rm-message-id").value(), StandardCharsets.UTF_8)));
        assertThat(ids).hasSize(count);
        return ids;
    }

    private JdbcTemplate sql() {
        return host.getBean(JdbcTemplate.class);
    }
}
