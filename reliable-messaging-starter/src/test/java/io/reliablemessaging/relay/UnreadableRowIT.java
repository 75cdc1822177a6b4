package io.reliablemessaging.relay;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.MessageId;
import io.reliablemessaging.MessagePublisher;
import io.reliablemessaging.OutboxQuarantine;
import io.reliablemessaging.QuarantinedKey;
import io.reliablemessaging.lanes.Lanes;
import io.reliablemessaging.support.KafkaTopic;
import io.reliablemessaging.test.ReliableMessagingTest;
import io.reliablemessaging.wire.WireMessage;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.kafka.autoconfigure.KafkaConnectionDetails;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.support.TransactionTemplate;

/** Rows as other releases have written them: those of earlier ones are sent, one of a newer one waits by itself. */
@SpringBootTest(classes = UnreadableRowIT.Host.class, properties = "spring.application.name=rows-test")
@ReliableMessagingTest
class UnreadableRowIT {

    // rm-message-id: 42, as the first release has stored it
    private static final String FIRST_RELEASE = "\\x0001000d726d2d6d6573736167652d6964000000023432";

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Host {}

    @Autowired
    MessagePublisher publisher;

    @Autowired
    OutboxQuarantine quarantine;

    @Autowired
    TransactionTemplate transaction;

    @Autowired
    JdbcTemplate sql;

    @Autowired
    Lanes lanes;

    @Autowired
    RelayState relay;

    private final String bootstrapServers;
    private KafkaTopic topic;

    @Autowired
    UnreadableRowIT(KafkaConnectionDetails kafka) {
        this.bootstrapServers = String.join(",", kafka.getBootstrapServers());
    }

    @BeforeEach
    void newTopic() {
        topic = KafkaTopic.create(bootstrapServers, "rows-" + UUID.randomUUID(), 1);
    }

    @Test
    void rowsOfTheFirstReleaseAreSentAsTheyAre() {
        insert("k", "first", FIRST_RELEASE);
        insert("k", "without headers", "\\x0000");
        assertThat(topic.awaitValues(2)).containsExactly("first", "without headers");
        assertThat(topic.records().get(0).headers().lastHeader("rm-message-id").value())
                .asString(UTF_8)
                .isEqualTo("42");
        assertThat(topic.records().get(0).key()).asString(UTF_8).isEqualTo("k");
    }

    @ParameterizedTest
    @CsvSource({"\\xffff0200000000, are in format 2", "\\x00, cannot be read"})
    void aRowThatCannotBeReadWaitsByItselfWithTheLaterOnesOfItsKey(String headers, String reason) {
        insert("k", "unreadable", headers);
        publish("k", "behind");
        publish("other", "flows");
        assertThat(topic.awaitValues(1)).containsExactly("flows");
        await().until(() -> waiting() != null && waiting().messages() == 2);
        assertThat(waiting().errorMessage()).contains(reason);

        quarantine.release(topic.name(), "k", "olive");
        await("it is looked at again").until(() -> !waiting().released());
        assertThat(waiting().messages()).isEqualTo(2);

        // as it is after an upgrade, which can read it
        sql.update(
                "update reliable_messaging.outbox_quarantine set headers = ?::bytea where topic = ? and value = ?",
                FIRST_RELEASE,
                topic.name(),
                "unreadable".getBytes(UTF_8));
        quarantine.release(topic.name(), "k", "olive");
        assertThat(topic.awaitValues(3)).containsExactly("flows", "unreadable", "behind");
        await().until(() -> waiting() == null);
    }

    @Test
    void rowsThatAreNoRecordForKafkaWaitByThemselvesWithTheLaterOnesOfTheirKeys() {
        String noTopic = "no topic " + UUID.randomUUID();
        insert(noTopic, null, "k", "no topic", "\\x0000");
        insert(topic.name(), -1, "negative", "negative", "\\x0000");
        insert(topic.name(), 7, "missing", "missing", "\\x0000");
        insert(topic.name(), 0, "there", "there", "\\x0000");
        publish("missing", "behind");
        publish("negative", "behind");
        publish("other", "flows");
        assertThat(topic.awaitValues(2)).containsExactlyInAnyOrder("there", "flows");
        await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> {
            assertThat(messages()).containsExactlyInAnyOrderEntriesOf(Map.of("negative", 2, "missing", 2));
            assertThat(quarantine.find()).anySatisfy(key -> {
                assertThat(key.topic()).isEqualTo(noTopic);
                assertThat(key.errorMessage()).contains("is not a topic name");
            });
        });
        assertThat(relay.heldTopics()).isEmpty();
        assertThat(waiting("missing").errorMessage()).contains("Partition 7 of topic", "it has 1");
        assertThat(waiting("negative").errorMessage()).contains("Partition -1");

        quarantine.release(topic.name(), "missing", "olive");
        await("it is looked at again")
                .atMost(Duration.ofSeconds(30))
                .until(() -> !waiting("missing").released());
        assertThat(relay.heldTopics()).isEmpty();
        grow(8);
        quarantine.release(topic.name(), "missing", "olive");
        await().atMost(Duration.ofSeconds(30)).until(() -> topic.values().contains("behind"));
        assertThat(topic.records())
                .filteredOn(each -> new String(each.value(), UTF_8).equals("missing"))
                .singleElement()
                .satisfies(sent -> assertThat(sent.partition()).isEqualTo(7));
    }

    @Test
    void aTopicThatHasGrownIsAskedBeforeItsNewPartitionIsCalledMissing() {
        publish("k", "before");
        topic.awaitValues(1);
        grow(3);
        insert(topic.name(), 2, "k", "new partition", "\\x0000");
        assertThat(topic.awaitValues(2)).containsExactlyInAnyOrder("before", "new partition");
        assertThat(messages()).isEmpty();
    }

    @Test
    void rowsWithTimesAndHashesThatNobodyWritesAreSent() {
        insert("k", "from the future", "\\x0000");
        sql.update(
                "update reliable_messaging.outbox_message set created_at = 'infinity' where topic = ?", topic.name());
        sql.update(
                "insert into reliable_messaging.outbox_delayed"
                        + " (deliver_at, key_hash, message_id, topic, key, value, headers)"
                        + " values ('-infinity', -5, gen_random_uuid(), ?, 'd', 'delayed', '\\x0000')",
                topic.name());
        assertThat(topic.awaitValues(2)).containsExactlyInAnyOrder("from the future", "delayed");
    }

    private void grow(int partitions) {
        try (Admin admin = KafkaTopic.admin(bootstrapServers)) {
            admin.createPartitions(Map.of(topic.name(), NewPartitions.increaseTo(partitions)))
                    .all()
                    .get();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private Map<String, Integer> messages() {
        return quarantine.find().stream()
                .filter(each -> each.topic().equals(topic.name()))
                .collect(Collectors.toMap(QuarantinedKey::key, QuarantinedKey::messages));
    }

    private QuarantinedKey waiting(String key) {
        return quarantine.find().stream()
                .filter(each -> each.topic().equals(topic.name()) && key.equals(each.key()))
                .findFirst()
                .orElseThrow();
    }

    private QuarantinedKey waiting() {
        return quarantine.find().stream()
                .filter(each -> each.topic().equals(topic.name()))
                .findFirst()
                .orElse(null);
    }

    private void publish(String key, String value) {
        transaction.executeWithoutResult(status -> publisher.publish(topic.name(), key, value));
    }

    private void insert(String key, String value, String headers) {
        insert(topic.name(), null, key, value, headers);
    }

    private void insert(String name, Integer partition, String key, String value, String headers) {
        WireMessage message = new WireMessage(
                new MessageId(UUID.randomUUID()),
                name,
                partition,
                key.getBytes(UTF_8),
                value.getBytes(UTF_8),
                new RecordHeaders());
        sql.update(
                "insert into reliable_messaging.outbox_message (lane, message_id, topic, partition, key, value, headers)"
                        + " values (?, ?, ?, ?, ?, ?, ?::bytea)",
                lanes.laneOf(message),
                message.id().value(),
                name,
                partition,
                message.key(),
                message.value(),
                headers);
    }
}
