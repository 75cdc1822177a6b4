package io.reliablemessaging.delayed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.DelayedMessage;
import io.reliablemessaging.DelayedMessageNotChangedException;
import io.reliablemessaging.DelayedMessages;
import io.reliablemessaging.MessageId;
import io.reliablemessaging.MessagePublisher;
import io.reliablemessaging.OutgoingMessage;
import io.reliablemessaging.lanes.Lanes;
import io.reliablemessaging.support.HostApplication;
import io.reliablemessaging.support.KafkaTopic;
import io.reliablemessaging.support.Threads;
import io.reliablemessaging.test.SharedServers;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionTemplate;

/** People see delayed messages, send them now and cancel them: each is sent once or not at all, and each command is recorded. */
class DelayedOperationsIT {

    private static final Pattern BUFFERS = Pattern.compile("(?:hit|read)=(\\d+)");

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Host {}

    private final String database = HostApplication.newDatabase();
    private final KafkaTopic topic =
            KafkaTopic.create(SharedServers.kafka().bootstrapServers(), "delayed-" + UUID.randomUUID(), 2);
    private final List<ConfigurableApplicationContext> instances = new ArrayList<>();
    private final Instant tomorrow = Instant.now().plus(Duration.ofDays(1)).truncatedTo(ChronoUnit.MILLIS);

    @AfterEach
    void stop() {
        instances.forEach(ConfigurableApplicationContext::close);
    }

    @Test
    void findsThemByTopicAndKeyInPages() {
        start("false");
        Instant before = Instant.now().minusSeconds(60);
        publish("a", "a-0", "a-1", "a-2");
        publish("b", "b-0");
        DelayedMessages delayed = delayed(0);
        List<DelayedMessage> all = delayed.find(null, null, 0, 10);
        assertThat(all).extracting(DelayedMessage::key).containsExactly("a", "a", "a", "b");
        assertThat(all).allSatisfy(message -> {
            assertThat(message.topic()).isEqualTo(topic.name());
            assertThat(message.dueAt()).isEqualTo(tomorrow);
            assertThat(message.publishedAt()).isBetween(before, Instant.now().plusSeconds(60));
            assertThat(message.bytes()).isGreaterThan(3);
        });
        List<DelayedMessage> first = delayed.find(topic.name(), "a", 0, 2);
        List<DelayedMessage> second =
                delayed.find(topic.name(), "a", first.get(1).number(), 2);
        assertThat(first).isEqualTo(all.subList(0, 2));
        assertThat(second).isEqualTo(all.subList(2, 3));
        assertThat(delayed.find(topic.name(), null, all.get(1).number(), 1)).isEqualTo(all.subList(2, 3));
        assertThat(delayed.find("other", null, 0, 10)).isEmpty();
        assertThat(delayed.find(topic.name(), "c", 0, 10)).isEmpty();
        assertThatIllegalArgumentException().isThrownBy(() -> delayed.find(null, null, 0, 1001));
        assertThatIllegalArgumentException().isThrownBy(() -> delayed.find(null, null, 0, 0));
        assertThatIllegalArgumentException().isThrownBy(() -> delayed.find(null, "a", 0, 1));
    }

    @Test
    void oneThatIsSentNowLeavesAlone() {
        start("true");
        publish("a", "a-0", "a-1", "a-2");
        MessageId id = delayed(0).find(null, null, 0, 10).get(1).id();
        delayed(0).sendNow(id, "customer waits", "olive");
        assertThat(topic.awaitValues(1)).containsExactly("a-1");
        assertThat(waiting()).containsExactly("a-0", "a-2");
        assertThat(log())
                .containsExactly("olive send delayed message now " + topic.name() + " " + id + " customer waits");
        assertThatExceptionOfType(DelayedMessageNotChangedException.class)
                .isThrownBy(() -> delayed(0).sendNow(id, "again", "olive"))
                .withMessageContaining(id.toString());
        assertThatExceptionOfType(DelayedMessageNotChangedException.class)
                .isThrownBy(() -> delayed(0).cancel(id, "again", "olive"));
        assertThat(log()).hasSize(1);
    }

    @Test
    void anotherInstanceIsWokenToSendIt() {
        start("true", "reliable-messaging.relay.poll-interval=10m");
        await().until(() -> !sql().queryForList(
                        "select id from reliable_messaging.relay_instance where channel is not null and not awake")
                .isEmpty());
        start("false");
        publish("a", "a-0");
        delayed(1).sendNow(delayed(1).find(null, null, 0, 1).get(0).id(), "customer waits", "olive");
        assertThat(topic.awaitValues(1)).containsExactly("a-0");
    }

    @Test
    void oneThatIsCancelledNeverLeavesAndTheOthersOfItsKeyDoInOrder() {
        start("true");
        publish("a", "a-0", "a-1", "a-2");
        MessageId id = delayed(0).find(null, null, 0, 10).get(1).id();
        delayed(0).cancel(id, "ordered twice", "olive");
        assertThat(waiting()).containsExactly("a-0", "a-2");
        assertThat(log()).containsExactly("olive cancel delayed message " + topic.name() + " " + id + " ordered twice");
        assertThatExceptionOfType(DelayedMessageNotChangedException.class)
                .isThrownBy(() -> delayed(0).cancel(id, "ordered twice", "olive"));
        allAreDue();
        assertThat(topic.awaitValues(2)).containsExactly("a-0", "a-2");
        assertThat(log()).hasSize(1);
    }

    @Test
    void aCommandThatComesWithTheMoveWaitsForItAndThenChangesNothing() throws Exception {
        start("false");
        publish("a", "a-0");
        MessageId id = delayed(0).find(null, null, 0, 1).get(0).id();
        try (Connection mover = DriverManager.getConnection(
                SharedServers.postgres().jdbcUrl(database),
                SharedServers.postgres().username(),
                SharedServers.postgres().password())) {
            mover.setAutoCommit(false);
            mover.createStatement().execute("delete from reliable_messaging.outbox_delayed");
            CompletableFuture<Void> cancelled =
                    CompletableFuture.runAsync(() -> delayed(0).cancel(id, "ordered twice", "olive"), Threads.NEW);
            await().until(() -> !sql().queryForList("select pid from pg_locks where not granted")
                    .isEmpty());
            mover.commit();
            assertThatExceptionOfType(ExecutionException.class)
                    .isThrownBy(cancelled::get)
                    .withCauseInstanceOf(DelayedMessageNotChangedException.class);
        }
        assertThat(log()).isEmpty();
    }

    @Test
    void eachIsEitherSentOrCancelled() {
        start("true");
        start("true");
        String[] values = IntStream.range(0, 400).mapToObj(i -> "v-" + i).toArray(String[]::new);
        publish("a", values);
        List<DelayedMessage> all = delayed(0).find(null, null, 0, 1000);
        TreeSet<String> cancelled = new TreeSet<>();
        sql().update("update reliable_messaging.outbox_delayed set deliver_at = clock_timestamp()"
                + " + make_interval(secs => (id % 100) / 100.0)");
        for (int i = values.length - 1; i >= 0; i--) {
            try {
                delayed(i % 2).cancel(all.get(i).id(), "race", "olive");
                cancelled.add(values[i]);
            } catch (DelayedMessageNotChangedException e) {
                // it has left
            }
        }
        List<String> sent = topic.awaitValues(values.length - cancelled.size());
        TreeSet<String> both = new TreeSet<>(sent);
        both.addAll(cancelled);
        assertThat(both).hasSize(values.length);
        assertThat(sent).doesNotContainAnyElementsOf(cancelled).doesNotHaveDuplicates();
        assertThat(log()).hasSize(cancelled.size());
    }

    @Test
    void aCommandSaysWhoAndWhy() {
        start("false");
        publish("a", "a-0");
        MessageId id = delayed(0).find(null, null, 0, 1).get(0).id();
        assertThatIllegalArgumentException().isThrownBy(() -> delayed(0).cancel(id, "", "olive"));
        assertThatIllegalArgumentException().isThrownBy(() -> delayed(0).sendNow(id, "why", " "));
        assertThat(waiting()).containsExactly("a-0");
    }

    @Test
    void aPageOfTwoHundredThousandReadsLittle() {
        start("false");
        sql().update(
                        "insert into reliable_messaging.outbox_delayed (deliver_at, key_hash, message_id, topic, key, value, headers)"
                                + " select clock_timestamp() + interval '1 day', 7, gen_random_uuid(),"
                                + " case when n % 50000 = 0 then 'rare' else 'common' end, convert_to('k' || n, 'UTF8'), '\\x01', '\\x0000'"
                                + " from generate_series(1, 200000) n");
        byte[] key = "k150001".getBytes(StandardCharsets.UTF_8);
        sql().update("update reliable_messaging.outbox_delayed set key_hash = ? where key = ?", Lanes.hashOf(key), key);
        sql().execute("vacuum analyze reliable_messaging.outbox_delayed");
        Map<String, Object> common = Map.of("topic", "common", "after", 100_000, "limit", 1000);
        assertThat(buffers(DelayedOperations.FIND_ALL, Map.of("after", 100_000, "limit", 1000)))
                .isLessThan(1_100);
        assertThat(buffers(DelayedOperations.FIND_TOPIC, common)).isLessThan(1_100);
        assertThat(buffers(DelayedOperations.FIND_TOPIC, Map.of("topic", "rare", "after", 0, "limit", 1000)))
                .isLessThan(50);
        assertThat(buffers(
                        DelayedOperations.FIND_KEY,
                        Map.of("topic", "common", "hash", Lanes.hashOf(key), "key", key, "after", 0, "limit", 1000)))
                .isLessThan(50);
        assertThat(delayed(0).find("common", "k150001", 0, 10)).hasSize(1);
        assertThat(buffers(
                        "delete from reliable_messaging.outbox_delayed where message_id = :id::uuid",
                        Map.of("id", UUID.randomUUID())))
                .as("a command finds its message by the index of ids")
                .isLessThan(50);
    }

    private long buffers(String statement, Map<String, Object> parameters) {
        List<String> plan = JdbcClient.create(sql())
                .sql("explain (analyze, buffers) " + statement)
                .params(parameters)
                .query(String.class)
                .list();
        // the first line with buffers is that of the whole statement
        String total = plan.stream()
                .filter(line -> line.contains("Buffers:"))
                .findFirst()
                .orElseThrow();
        return BUFFERS.matcher(total)
                .results()
                .mapToLong(number -> Long.parseLong(number.group(1)))
                .sum();
    }

    private void start(String relay, String... properties) {
        instances.add(HostApplication.of(Host.class)
                .on(SharedServers.kafka())
                .on(SharedServers.postgres(), database)
                .with(
                        "spring.application.name=delayed-test",
                        "spring.datasource.hikari.maximum-pool-size=8",
                        "reliable-messaging.relay.enabled=" + relay)
                .with(properties)
                .run());
    }

    private DelayedMessages delayed(int instance) {
        return instances.get(instance).getBean(DelayedMessages.class);
    }

    private void publish(String key, String... values) {
        ConfigurableApplicationContext any = instances.get(0);
        any.getBean(TransactionTemplate.class).executeWithoutResult(status -> {
            for (String value : values) {
                any.getBean(MessagePublisher.class)
                        .publish(OutgoingMessage.to(topic.name())
                                .key(key)
                                .payload(value)
                                .deliverAt(tomorrow)
                                .build());
            }
        });
    }

    private void allAreDue() {
        sql().update("update reliable_messaging.outbox_delayed set deliver_at = clock_timestamp()");
    }

    private List<String> waiting() {
        return sql().queryForList(
                        "select convert_from(value, 'UTF8') from reliable_messaging.outbox_delayed order by id",
                        String.class);
    }

    private List<String> log() {
        return sql().queryForList(
                        "select who || ' ' || action || ' ' || target || ' ' || reason from reliable_messaging.operation_log"
                                + " order by id",
                        String.class);
    }

    private JdbcTemplate sql() {
        return instances.get(0).getBean(JdbcTemplate.class);
    }
}
