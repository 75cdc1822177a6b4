package io.reliablemessaging.listener;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.MessageId;
import io.reliablemessaging.MessagePublisher;
import io.reliablemessaging.deadletter.ParkedMessages;
import io.reliablemessaging.inbox.ArrivedMessage;
import io.reliablemessaging.inbox.Inbox;
import io.reliablemessaging.retry.SpentAttempts;
import io.reliablemessaging.text.FailureText;
import io.reliablemessaging.wire.ReceivedMessage;
import io.reliablemessaging.wire.WireMessage;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.function.BiConsumer;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.support.TransactionTemplate;

/** A group whose offsets were set back reads again what it has taken charge of. */
class ReadAgainIT {

    private static final int MANY = 8000;

    // so many that some are read together with no duplicate among them
    private static final int SKIPPED = 5000;

    private final ListenerInstances app = new ListenerInstances();

    @AfterEach
    void close() {
        app.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"record", "batch"})
    void whatWasHandledIsDroppedTogetherAndWhatIsNewIsHandled(String transaction) {
        start(transaction);
        handle(MANY, "old");
        countInserts();
        setBack(Map.of());
        start(transaction);
        await().atMost(Duration.ofMinutes(1))
                .until(() -> app.recorder(0).duplicates.size() == MANY);
        assertThat(inserts()).as("of what was taken before").isZero();
        publish(100, "new");
        app.awaitEffects(MANY + 100);
        assertThat(app.effects()).doesNotHaveDuplicates().hasSize(MANY + 100);
        assertThat(app.recorder(0).duplicates).hasSize(MANY);
    }

    @Test
    void whatAPersonHadSkippedIsHandledAmongWhatWas() {
        start("record");
        handle(100, "first");
        app.container(0).stop();
        publish(SKIPPED, "skipped");
        await().until(() -> ends().values().stream().mapToLong(Long::longValue).sum() == 100 + SKIPPED);
        setBack(ends());
        start("record");
        handle(MANY, "last");
        countInserts();
        setBack(Map.of());
        start("record");
        await().atMost(Duration.ofMinutes(2))
                .until(() -> app.effects().size() == 100 + SKIPPED + MANY
                        && app.recorder(0).duplicates.size() == 100 + MANY);
        assertThat(app.effects()).doesNotHaveDuplicates();
        for (int key = 0; key < 10; key++) {
            assertThat(app.effectsOf("skipped" + key)).isEqualTo(valuesOf(SKIPPED, "skipped" + key));
        }
        assertThat(inserts())
                .as("one for each new message, and for duplicates until the first shows")
                .isBetween((long) SKIPPED, SKIPPED + MANY / 2L);
    }

    @Test
    void behindAMessageThatAnotherInstanceHasParkedTheLaterOnesOfItsKeyWait() {
        app.start("reliable-messaging.topics." + app.topic + ".partitions=1");
        publishInCharge("k", "handled", (message, bytes) -> {});
        app.awaitEffects(1);
        publishInCharge("other", "taken elsewhere", this::take);
        await().until(() -> app.recorder(0).duplicates.size() == 1);
        // as a former owner of the partition may do, who does not know yet that it is no longer its own
        publishInCharge("k", "parked", (message, bytes) -> {
            take(message, bytes);
            app.running
                    .get(0)
                    .getBean(ParkedMessages.class)
                    .park(
                            message,
                            SpentAttempts.of(1),
                            FailureText.of(new IllegalStateException()),
                            Duration.ofHours(1));
        });
        app.publish("k", "next");
        await().until(() -> app.parked("WAITING").equals(List.of("parked", "next")));
        assertThat(app.effects()).containsExactly("handled");
        assertThat(app.recorder(0).duplicates).hasSize(2);
    }

    private void publishInCharge(String key, String value, BiConsumer<ReceivedMessage, byte[]> charge) {
        ConfigurableApplicationContext instance = app.running.get(0);
        instance.getBean(TransactionTemplate.class).executeWithoutResult(status -> {
            MessageId id = instance.getBean(MessagePublisher.class).publish(app.topic, key, value);
            byte[] bytes = value.getBytes(UTF_8);
            WireMessage message = new WireMessage(id, app.topic, null, key.getBytes(UTF_8), bytes, new RecordHeaders());
            charge.accept(new ReceivedMessage("tested", message, 0, 0, Instant.now()), bytes);
        });
    }

    private void take(ReceivedMessage received, byte[] value) {
        WireMessage message = received.message();
        ConfigurableApplicationContext instance = app.running.get(0);
        assertThat(instance.getBean(Inbox.class)
                        .takeOnceFree(
                                instance.getBean(JdbcTemplate.class),
                                "tested",
                                app.topic,
                                ArrivedMessage.of(message.id(), message.key(), value)))
                .isTrue();
    }

    private void start(String transaction) {
        app.start("reliable-messaging.listener.transaction=" + transaction);
    }

    private void handle(int count, String name) {
        int before = app.effects().size();
        publish(count, name);
        app.awaitEffects(before + count);
    }

    private void publish(int count, String name) {
        app.publish(
                value -> value.substring(0, value.indexOf('-')),
                IntStream.range(0, count).mapToObj(i -> name + i % 10 + "-" + i).toList());
    }

    private static List<String> valuesOf(int count, String key) {
        return IntStream.range(0, count)
                .mapToObj(i -> key.substring(0, key.length() - 1) + i % 10 + "-" + i)
                .filter(value -> value.startsWith(key + "-"))
                .toList();
    }

    // a row that is there already is met by this trigger, too
    private void countInserts() {
        app.sql().execute("create sequence inserts");
        app.sql()
                .execute("create function count_insert() returns trigger language plpgsql as"
                        + " 'begin perform nextval(''inserts''); return new; end'");
        app.sql()
                .execute("create trigger counted before insert on reliable_messaging.inbox_message"
                        + " for each row execute function count_insert()");
    }

    private long inserts() {
        return app.sql()
                .queryForObject("select case when is_called then last_value else 0 end from inserts", Long.class);
    }

    private void setBack(Map<TopicPartition, Long> offsets) {
        app.stop(0);
        Map<TopicPartition, OffsetAndMetadata> positions = new HashMap<>();
        for (int partition = 0; partition < 2; partition++) {
            TopicPartition each = new TopicPartition(app.topic, partition);
            positions.put(each, new OffsetAndMetadata(offsets.getOrDefault(each, 0L)));
        }
        try (Admin admin = admin()) {
            admin.alterConsumerGroupOffsets("tested", positions).all().get();
        } catch (ExecutionException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private Map<TopicPartition, Long> ends() {
        Map<TopicPartition, Long> ends = new HashMap<>();
        try (Admin admin = admin()) {
            for (int partition = 0; partition < 2; partition++) {
                TopicPartition each = new TopicPartition(app.topic, partition);
                ends.put(
                        each,
                        admin.listOffsets(Map.of(each, OffsetSpec.latest()))
                                .partitionResult(each)
                                .get()
                                .offset());
            }
        } catch (ExecutionException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
        return ends;
    }

    private Admin admin() {
        return Admin.create(Map.of("bootstrap.servers", app.bootstrapServers()));
    }
}
