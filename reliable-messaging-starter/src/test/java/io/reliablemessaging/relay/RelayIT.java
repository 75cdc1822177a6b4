package io.reliablemessaging.relay;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.Confirmation;
import io.reliablemessaging.MessageId;
import io.reliablemessaging.MessagePublisher;
import io.reliablemessaging.OutgoingMessage;
import io.reliablemessaging.lanes.LaneLease;
import io.reliablemessaging.outbox.OutboxRecord;
import io.reliablemessaging.outbox.OutboxTable;
import io.reliablemessaging.producer.Completions;
import io.reliablemessaging.producer.ProducerConfiguration;
import io.reliablemessaging.producer.RelayProducers;
import io.reliablemessaging.quarantine.QuarantineTable;
import io.reliablemessaging.reachability.Infrastructure;
import io.reliablemessaging.support.KafkaTopic;
import io.reliablemessaging.support.NoPreflight;
import io.reliablemessaging.support.Recorder;
import io.reliablemessaging.support.Threads;
import io.reliablemessaging.test.ReliableMessagingTest;
import io.reliablemessaging.tracing.MessageTracing;
import io.reliablemessaging.wire.ClientObserver;
import io.reliablemessaging.wire.KafkaConnection;
import io.reliablemessaging.wire.WireMessage;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.kafka.autoconfigure.KafkaConnectionDetails;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.support.TransactionTemplate;

/** What has committed gets to a real broker, in order, and leaves the outbox only then. */
@SpringBootTest(
        classes = RelayIT.Host.class,
        properties = {
            "spring.application.name=relay-test",
            "reliable-messaging.relay.lease=2s",
            // hostile settings of the host, none of which may reach the relay
            "spring.kafka.producer.acks=0",
            "spring.kafka.producer.properties.max.in.flight.requests.per.connection=5",
            "spring.kafka.producer.properties.delivery.timeout.ms=1000",
            "spring.kafka.producer.properties.request.timeout.ms=900"
        })
@ReliableMessagingTest
class RelayIT {

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    @Import(NoPreflight.class)
    static class Host {

        @Bean
        Recorder recorder() {
            return new Recorder();
        }
    }

    @Autowired
    MessagePublisher publisher;

    @Autowired
    TransactionTemplate transaction;

    @Autowired
    JdbcTemplate sql;

    @Autowired
    Recorder recorder;

    @Autowired
    Relay relay;

    private final String bootstrapServers;
    private KafkaTopic topic;

    @Autowired
    RelayIT(KafkaConnectionDetails kafka) {
        this.bootstrapServers = String.join(",", kafka.getBootstrapServers());
    }

    @BeforeEach
    void newTopic() {
        topic = KafkaTopic.create(bootstrapServers, "relay-" + UUID.randomUUID(), 3);
    }

    @Test
    void sendsWhatHasCommittedAndThenDeletesTheRow() {
        MessageId id = transaction.execute(status -> publisher.publish(OutgoingMessage.to(topic.name())
                .key("42")
                .header("source", "shop")
                .payload(Map.of("order", 42))
                .build()));
        topic.awaitValues(1);
        ConsumerRecord<byte[], byte[]> record = topic.records().get(0);
        assertThat(record.key()).isEqualTo("42".getBytes(UTF_8));
        assertThat(record.value()).isEqualTo("{\"order\":42}".getBytes(UTF_8));
        assertThat(text(record, "rm-message-id")).isEqualTo(id.toString());
        assertThat(Long.parseLong(text(record, "rm-published-at"))).isPositive();
        assertThat(text(record, "source")).isEqualTo("shop");
        await().until(() -> rows() == 0);
        await().until(() -> recorder.sent.stream().map(Confirmation::id).anyMatch(id::equals));
        Confirmation confirmation = recorder.sent.stream()
                .filter(each -> each.id().equals(id))
                .findFirst()
                .orElseThrow();
        assertThat(confirmation.partition()).isEqualTo(record.partition());
        assertThat(confirmation.offset()).isEqualTo(record.offset());
    }

    @Test
    void sendsTombstonesAndExplicitPartitions() {
        transaction.executeWithoutResult(status -> publisher.publish(
                OutgoingMessage.to(topic.name()).key("k").partition(2).build()));
        await().until(() -> topic.records().size() == 1);
        ConsumerRecord<byte[], byte[]> record = topic.records().get(0);
        assertThat(record.value()).isNull();
        assertThat(record.partition()).isEqualTo(2);
    }

    @Test
    void keepsTheOrderOfEachKey() {
        for (int i = 0; i < 300; i++) {
            int number = i;
            transaction.executeWithoutResult(status -> {
                publisher.publish(topic.name(), "k" + number % 7, "k" + number % 7 + ":" + number);
                publisher.publish(topic.name(), "k" + number % 7, "k" + number % 7 + ":" + number + "b");
            });
        }
        Map<String, Integer> last = new HashMap<>();
        for (String value : topic.awaitValues(600)) {
            String key = value.substring(0, value.indexOf(':'));
            int number = Integer.parseInt(value.replaceAll("^k\\d:|b$", ""));
            assertThat(last.getOrDefault(key, -1)).isLessThanOrEqualTo(number);
            last.put(key, number);
        }
        assertThat(topic.values()).hasSize(600).doesNotHaveDuplicates();
    }

    /** A transaction that draws its id early and commits late must not be skipped. */
    @Test
    void aTransactionThatStaysOpenStallsNobodyAndIsNotForgotten() {
        CountDownLatch inserted = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        CompletableFuture<Void> late = CompletableFuture.runAsync(
                () -> transaction.executeWithoutResult(status -> {
                    insertRow("late");
                    inserted.countDown();
                    join(goOn);
                }),
                Threads.NEW);
        join(inserted);
        List<String> early = IntStream.range(0, 2500).mapToObj(i -> "early" + i).toList();
        for (int i = 0; i < early.size(); i += 100) {
            List<String> some = early.subList(i, i + 100);
            transaction.executeWithoutResult(
                    status -> some.forEach(value -> publisher.publish(topic.name(), value, value)));
        }
        assertThat(topic.awaitValues(early.size())).containsExactlyInAnyOrderElementsOf(early);
        await().until(() -> rows() == 0); // and none of them was kept back for its sake
        goOn.countDown();
        late.join();
        assertThat(topic.awaitValues(early.size() + 1)).contains("late");
    }

    @Test
    void findsRowsThatNobodyAnnounced() {
        insertRow("silent");
        assertThat(topic.awaitValues(1)).containsExactly("silent");
    }

    @Test
    void aTopicThatDoesNotExistWaitsWhileOthersFlow() {
        String missing = "missing-" + UUID.randomUUID();
        transaction.executeWithoutResult(status -> {
            publisher.publish(missing, "k", "first");
            publisher.publish(missing, "k", "second");
            publisher.publish(topic.name(), "k", "flows");
        });
        assertThat(topic.awaitValues(1)).containsExactly("flows");
        assertThat(rows()).isEqualTo(2);
        KafkaTopic made = KafkaTopic.create(bootstrapServers, missing, 1);
        assertThat(made.awaitValues(2)).containsExactly("first", "second");
    }

    /** The second takes longer to be refused than the topic of the first is left alone; the third is of that topic. */
    @Test
    void noMessagePassesARefusedOneOfItsTopicInTheSameBatch(
            @Autowired KafkaConnection kafka,
            @Autowired OutboxTable table,
            @Autowired QuarantineTable quarantine,
            @Autowired MessageTracing tracing) {
        Recorder seen = new Recorder();
        Duration longerThanAHold = Duration.ofMillis(1_100);
        Map<String, Object> config = ProducerConfiguration.safe(kafka.producer(), longerThanAHold);
        RowSender rowSender = new RowSender(
                new RelayProducers(config, ClientObserver.NONE, tracing, () -> {}),
                new Completions(table, seen, () -> {}, Infrastructure.unwatched()),
                new SendGate(quarantine, new ProducerRefusal(), seen, Infrastructure.unwatched()),
                longerThanAHold);
        String missing = "missing-" + UUID.randomUUID();
        List<OutboxRecord> rows = List.of(row(1, missing), row(2, "missing-" + UUID.randomUUID()), row(3, missing));
        LaneLease lease = new LaneLease(
                Map.of(), 0, System.nanoTime() + Duration.ofHours(1).toNanos());
        rowSender.send(rows, lease);
        await().untilAsserted(() -> {
            assertThat(rowSender.updateTopicsToLeaveOut()).contains(missing);
            assertThat(seen.notSent)
                    .containsExactlyInAnyOrder(
                            rows.get(0).message().id(), rows.get(1).message().id());
        });
        var unused = rowSender.abandon();
        assertThat(rowSender.inFlight().rows()).isZero();
    }

    private static OutboxRecord row(long id, String topic) {
        MessageId messageId = new MessageId(UUID.randomUUID());
        byte[] key = {'k'};
        return new OutboxRecord(
                0, id, new WireMessage(messageId, topic, null, key, new byte[0], new RecordHeaders()), 0);
    }

    @Test
    void goesOnWhereItStoppedWhenItIsStartedAgain() {
        relay.stop();
        transaction.executeWithoutResult(status -> publisher.publish(topic.name(), "while stopped"));
        assertThat(relay.isRunning()).isFalse();
        assertThat(sql.queryForObject(
                        "select count(*) from reliable_messaging.relay_lane where owner is not null", Integer.class))
                .as("lanes were released")
                .isZero();
        relay.start();
        assertThat(topic.awaitValues(1)).containsExactly("while stopped");
    }

    @Test
    void sendsNothingFromLanesOfAnother() {
        relay.stop();
        sql.update("update reliable_messaging.relay_lane set owner = gen_random_uuid(), epoch = epoch + 1,"
                + " expires_at = clock_timestamp() + interval '1 hour'");
        transaction.executeWithoutResult(status -> publisher.publish(topic.name(), "k", "not ours"));
        relay.start();
        transaction.executeWithoutResult(status -> publisher.publish(topic.name(), "k", "nor this"));
        // freeing another lane proves that the relay has looked since
        sql.update("update reliable_messaging.relay_lane set expires_at = '-infinity' where lane <> ?", laneOf("k"));
        KafkaTopic other = KafkaTopic.create(bootstrapServers, "other-" + UUID.randomUUID(), 1);
        transaction.executeWithoutResult(status -> publisher.publish(other.name(), keyOfAnotherLane("k"), "ours"));
        other.awaitValues(1);
        assertThat(topic.values()).isEmpty();
        sql.update("update reliable_messaging.relay_lane set expires_at = '-infinity' where lane = ?", laneOf("k"));
        assertThat(topic.awaitValues(2)).containsExactly("not ours", "nor this");
    }

    private static int laneOf(String key) {
        return org.apache.kafka.common.utils.Utils.toPositive(
                        org.apache.kafka.common.utils.Utils.murmur2(key.getBytes(UTF_8)))
                % 32;
    }

    private static String keyOfAnotherLane(String key) {
        return IntStream.range(0, 100)
                .mapToObj(i -> "other" + i)
                .filter(other -> laneOf(other) != laneOf(key))
                .findFirst()
                .orElseThrow();
    }

    private void insertRow(String value) {
        sql.update(
                "insert into reliable_messaging.outbox_message (lane, message_id, topic, key, value, headers)"
                        + " values (5, gen_random_uuid(), ?, 'k', ?, '\\x0000')",
                topic.name(),
                value.getBytes(UTF_8));
    }

    private int rows() {
        return sql.queryForObject("select count(*) from reliable_messaging.outbox_message", Integer.class);
    }

    private static String text(ConsumerRecord<byte[], byte[]> record, String header) {
        return new String(record.headers().lastHeader(header).value(), UTF_8);
    }

    private static void join(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
