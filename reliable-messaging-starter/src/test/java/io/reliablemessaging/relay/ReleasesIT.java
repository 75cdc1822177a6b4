package io.reliablemessaging.relay;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.MessageId;
import io.reliablemessaging.MessagePublisher;
import io.reliablemessaging.OutboxQuarantine;
import io.reliablemessaging.lanes.Lanes;
import io.reliablemessaging.support.KafkaTopic;
import io.reliablemessaging.support.NoPreflight;
import io.reliablemessaging.test.ReliableMessagingTest;
import io.reliablemessaging.wire.WireMessage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.kafka.autoconfigure.KafkaConnectionDetails;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.support.TransactionTemplate;

/** What comes from the quarantine is sent beside all others, and before the newer ones of its key. */
@SpringBootTest(classes = ReleasesIT.Host.class, properties = "spring.application.name=releases-test")
@ReliableMessagingTest
class ReleasesIT {

    private static final Duration LIMIT = Duration.ofSeconds(60);

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    @Import(NoPreflight.class)
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
    Relay relay;

    private final String bootstrapServers;
    private KafkaTopic topic;

    @Autowired
    ReleasesIT(KafkaConnectionDetails kafka) {
        this.bootstrapServers = String.join(",", kafka.getBootstrapServers());
    }

    @BeforeEach
    void newTopicAndNobodyWhoSends() {
        topic = KafkaTopic.create(
                bootstrapServers, "released-" + UUID.randomUUID(), 3, Map.of("max.message.bytes", "1500"));
        relay.stop(); // only the owner of a lane may put something into the quarantine
    }

    @AfterEach
    void clear() {
        sql.update("delete from reliable_messaging.outbox_quarantine");
    }

    @Test
    void eachKeyIsInOrderAcrossItsReleaseAndWhatIsPublishedMeanwhile() {
        Map<String, List<String>> expected = new LinkedHashMap<>();
        for (int i = 0; i < 30; i++) {
            expected.put("k" + i, quarantine("k" + i, 10));
        }
        relay.start();
        publishEach(expected);
        expected.keySet().forEach(key -> quarantine.release(topic.name(), key, "olive"));
        do {
            publishEach(expected);
        } while (quarantined() > 0);
        publishEach(expected);
        await().atMost(LIMIT).until(() -> rows("outbox_message") + rows("outbox_quarantine") == 0);
        Map<String, LinkedHashSet<String>> arrived = new LinkedHashMap<>();
        topic.records()
                .forEach(
                        record -> arrived.computeIfAbsent(new String(record.key(), UTF_8), key -> new LinkedHashSet<>())
                                .add(new String(record.value(), UTF_8)));
        expected.forEach((key, values) -> assertThat(arrived.get(key)).as(key).containsExactlyElementsOf(values));
    }

    /** The release cannot end as long as this test holds a lock on the last row of it. */
    @Test
    void fiveThousandReleasedStopNobodyElse() {
        List<String> released = quarantine("released", 5_000);
        relay.start();
        quarantine.release(topic.name(), "released", "olive");
        transaction.executeWithoutResult(lock -> {
            sql.queryForList(
                    "select id from reliable_messaging.outbox_quarantine where topic = ? order by id desc limit 1 for share",
                    topic.name());
            await().atMost(LIMIT).until(() -> !topic.values().isEmpty());
            for (int i = 0; i < 20; i++) {
                String value = "other " + i;
                publishNow("other", value);
                await().atMost(LIMIT).until(() -> topic.values().contains(value));
            }
            publishNow("released", "newer");
        });
        await().atMost(LIMIT).until(() -> rows("outbox_message") + rows("outbox_quarantine") == 0);
        List<String> values = topic.values().stream()
                .filter(value -> !value.startsWith("other"))
                .distinct()
                .toList();
        released.add("newer");
        assertThat(values).containsExactlyElementsOf(released);
    }

    @Test
    void oneThatIsRefusedAgainHoldsBackItsOwnKeyOnly() {
        for (int i = 0; i < 20; i++) {
            quarantine("k" + i, 2);
        }
        sql.update(
                "update reliable_messaging.outbox_quarantine set value = ? where topic = ? and value = 'k7:1'",
                "x".repeat(2000).getBytes(UTF_8),
                topic.name());
        relay.start();
        for (int i = 0; i < 20; i++) {
            quarantine.release(topic.name(), "k" + i, "olive");
        }
        await().atMost(LIMIT)
                .untilAsserted(() -> assertThat(sql.queryForList(
                                "select convert_from(substr(value, 1, 9), 'UTF8') from reliable_messaging.outbox_quarantine",
                                String.class))
                        .containsExactly("xxxxxxxxx"));
        assertThat(topic.values()).hasSize(39).doesNotHaveDuplicates().contains("k7:0");
        await().atMost(LIMIT).until(() -> quarantine.find().stream().noneMatch(key -> key.released()));
        assertThat(quarantine.find()).singleElement().satisfies(key -> {
            assertThat(key.key()).isEqualTo("k7");
            assertThat(key.errorClass()).isEqualTo("org.apache.kafka.common.errors.RecordTooLargeException");
        });
        publish("k7", "behind");
        await().atMost(LIMIT).until(() -> rows("outbox_quarantine") == 2);
    }

    private void publishEach(Map<String, List<String>> expected) {
        transaction.executeWithoutResult(status -> expected.forEach((key, values) -> {
            String value = key + ":" + values.size();
            values.add(value);
            publisher.publish(topic.name(), key, value);
        }));
    }

    private void publish(String key, String value) {
        transaction.executeWithoutResult(status -> publisher.publish(topic.name(), key, value));
    }

    private void publishNow(String key, String value) {
        TransactionTemplate another = new TransactionTemplate(transaction.getTransactionManager());
        another.setPropagationBehavior(TransactionTemplate.PROPAGATION_REQUIRES_NEW);
        another.executeWithoutResult(status -> publisher.publish(topic.name(), key, value));
    }

    /** Puts so many messages of a key into the quarantine: the first was refused, the others wait behind it. */
    private List<String> quarantine(String key, int count) {
        WireMessage any = new WireMessage(
                new MessageId(UUID.randomUUID()), topic.name(), null, key.getBytes(UTF_8), null, new RecordHeaders());
        sql.update(
                "insert into reliable_messaging.outbox_quarantine (lane, id, message_id, topic, key, value, headers, created_at,"
                        + " error_class)"
                        + " select ?, nextval('reliable_messaging.outbox_message_id_seq'), gen_random_uuid(), ?, ?,"
                        + " (? || ':' || i)::bytea, '\\x0000', now(), case when i = 0 then 'Refused' end"
                        + " from generate_series(0, ? - 1) i",
                lanes.laneOf(any),
                topic.name(),
                key.getBytes(UTF_8),
                key,
                count);
        List<String> values = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            values.add(key + ":" + i);
        }
        return values;
    }

    private int quarantined() {
        return rows("outbox_quarantine");
    }

    private int rows(String table) {
        return sql.queryForObject(
                "select count(*) from reliable_messaging." + table + " where topic = ?", Integer.class, topic.name());
    }
}
