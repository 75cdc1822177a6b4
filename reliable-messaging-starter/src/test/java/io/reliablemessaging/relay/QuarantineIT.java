package io.reliablemessaging.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.reliablemessaging.MessageId;
import io.reliablemessaging.MessagePublisher;
import io.reliablemessaging.MessagingOperations;
import io.reliablemessaging.OutboxQuarantine;
import io.reliablemessaging.OutgoingMessage;
import io.reliablemessaging.QuarantinedKey;
import io.reliablemessaging.lanes.LaneLeases;
import io.reliablemessaging.quarantine.QuarantineTable;
import io.reliablemessaging.quarantine.ReleasedRows;
import io.reliablemessaging.support.HostApplication;
import io.reliablemessaging.support.KafkaTopic;
import io.reliablemessaging.support.NoPreflight;
import io.reliablemessaging.test.ReliableMessagingTest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.JdbcConnectionDetails;
import org.springframework.boot.kafka.autoconfigure.KafkaConnectionDetails;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.support.TransactionTemplate;

/** One record that the broker refuses holds back the later ones of its key, and nothing else. */
@SpringBootTest(
        classes = QuarantineIT.Host.class,
        properties = {
            "spring.application.name=quarantine-test",
            "reliable-messaging.relay.lease=2s",
            "spring.kafka.producer.properties.max.request.size=4000000"
        })
@ReliableMessagingTest
class QuarantineIT {

    private static final String POISON = "x".repeat(2000);

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
    JdbcConnectionDetails database;

    @Autowired
    Relay relay;

    @Autowired
    MessagingOperations operations;

    private final String bootstrapServers;
    private KafkaTopic topic;

    @Autowired
    QuarantineIT(KafkaConnectionDetails kafka) {
        this.bootstrapServers = String.join(",", kafka.getBootstrapServers());
    }

    @BeforeEach
    void topicForSmallMessages() {
        topic = KafkaTopic.create(
                bootstrapServers, "small-" + UUID.randomUUID(), 1, Map.of("max.message.bytes", "1500"));
    }

    @Test
    void amongAThousandKeysOnlyThatOfARefusedRecordWaits() {
        List<String> innocent = new ArrayList<>();
        transaction.executeWithoutResult(status -> {
            for (int i = 0; i < 5000; i++) {
                String key = "k" + i % 1000;
                boolean behind = key.equals("k7") && i > 1007;
                String value = i == 1007 ? POISON : key + ":" + i;
                publisher.publish(topic.name(), key, value);
                if (i != 1007 && !behind) {
                    innocent.add(value);
                }
            }
        });
        await().until(() -> new LinkedHashSet<>(topic.values()).size() >= innocent.size());
        assertThat(new LinkedHashSet<>(topic.values())).containsExactlyInAnyOrderElementsOf(innocent);
        await().until(() -> rows("outbox_message") == 0);
        assertThat(waiting()).satisfies(key -> {
            assertThat(key.key()).isEqualTo("k7");
            assertThat(key.messages()).isEqualTo(4);
            assertThat(key.errorClass()).isEqualTo("org.apache.kafka.common.errors.RecordTooLargeException");
            assertThat(key.released()).isFalse();
        });
    }

    @Test
    void aReleaseSendsTheQueueInOrderBeforeAnythingNewer() throws Exception {
        publish("k", "before", POISON, "behind 1", "behind 2");
        await().until(() -> find() != null && waiting().messages() == 3);
        publish("k", "behind 3");
        repair();
        assertThat(quarantine.release(topic.name(), "k", "olive")).isGreaterThanOrEqualTo(3);
        publish("k", "newer");
        await().until(() -> topic.values().contains("newer"));
        assertThat(topic.values()).containsExactly("before", POISON, "behind 1", "behind 2", "behind 3", "newer");
        await().until(() -> find() == null);
        assertThat(log())
                .contains(Map.of("who", "olive", "action", "release quarantined", "target", topic.name() + " k"));
    }

    @Test
    void aReleaseThatIsRefusedAgainKeepsAllInPlace() {
        publish("k", POISON, "behind");
        await().until(() -> find() != null && waiting().messages() == 2);
        quarantine.release(topic.name(), "k", "olive");
        await().until(() -> !waiting().released());
        assertThat(waiting().messages()).isEqualTo(2);
        assertThat(topic.values()).isEmpty();
    }

    @Test
    void aSkipGivesUpTheFirstAndSendsTheRest() {
        publish("k", POISON, "behind 1", "behind 2");
        await().until(() -> find() != null && waiting().messages() == 3);
        assertThat(quarantine.skip(topic.name(), "k", "olive")).isEqualTo(2);
        assertThat(topic.awaitValues(2)).containsExactly("behind 1", "behind 2");
        await().until(() -> find() == null);
        assertThat(log()).contains(Map.of("who", "olive", "action", "skip quarantined", "target", topic.name() + " k"));
    }

    @Test
    void aDiscardGivesUpAll() {
        publish("k", POISON, "behind");
        await().until(() -> find() != null && waiting().messages() == 2);
        assertThat(quarantine.discard(topic.name(), "k", "olive")).isEqualTo(2);
        assertThat(find()).isNull();
        publish("other", "flows");
        assertThat(topic.awaitValues(1)).containsExactly("flows");
        assertThat(log())
                .contains(Map.of("who", "olive", "action", "discard quarantined", "target", topic.name() + " k"));
    }

    @Test
    void theLogTellsWhy() {
        publish("k", POISON, "behind 1");
        await().until(() -> find() != null && waiting().messages() == 2);
        assertThat(quarantine.release(topic.name(), "k", "the limit is larger", "olive"))
                .isEqualTo(2);
        await().until(() -> !waiting().released()); // it is not
        assertThat(quarantine.skip(topic.name(), "k", "nobody needs it", "olive"))
                .isEqualTo(1);
        topic.awaitValues(1);
        await().until(() -> find() == null);
        publish("k", POISON);
        await().until(() -> find() != null);
        assertThat(quarantine.discard(topic.name(), "k", "nor this one", "olive"))
                .isEqualTo(1);
        assertThat(sql.queryForList(
                        "select action || ': ' || reason from reliable_messaging.operation_log where target = ? order by id",
                        String.class,
                        topic.name() + " k"))
                .containsExactly(
                        "release quarantined: the limit is larger",
                        "skip quarantined: nobody needs it",
                        "discard quarantined: nor this one");
    }

    @Test
    void anInstanceThatDoesNotSendCanRelease() throws Exception {
        publish("k", POISON, "behind");
        await().until(() -> find() != null && waiting().messages() == 2);
        repair();
        HostApplication other = HostApplication.of(Host.class)
                .with(
                        "spring.datasource.url=" + database.getJdbcUrl(),
                        "spring.datasource.username=" + database.getUsername(),
                        "spring.datasource.password=" + database.getPassword(),
                        "spring.application.name=quarantine-test",
                        "reliable-messaging.relay.enabled=false");
        try (ConfigurableApplicationContext instance = other.run()) {
            OutboxQuarantine elsewhere = instance.getBean(OutboxQuarantine.class);
            assertThat(elsewhere.find()).extracting(QuarantinedKey::topic).contains(topic.name());
            assertThat(elsewhere.release(topic.name(), "k", "olive")).isEqualTo(2);
        }
        assertThat(topic.awaitValues(2)).containsExactly(POISON, "behind");
    }

    @Test
    void aNewOwnerKnowsTheBlockedKeys() {
        publish("k", POISON);
        await().until(() -> find() != null);
        relay.stop();
        publish("k", "behind");
        publish("other", "flows");
        relay.start();
        assertThat(topic.awaitValues(1)).containsExactly("flows");
        await().until(() -> waiting().messages() == 2);
    }

    /** A compacted topic takes no record without a key; the broker names it, and refuses its whole batch. */
    @Test
    void neighboursInTheBatchOfARefusedRecordAreInnocent() {
        KafkaTopic compacted = KafkaTopic.create(
                bootstrapServers, "compacted-" + UUID.randomUUID(), 1, Map.of("cleanup.policy", "compact"));
        transaction.executeWithoutResult(status -> {
            for (int i = 0; i < 20; i++) {
                publisher.publish(compacted.name(), i == 10 ? null : "k" + i, "v" + i);
            }
        });
        await().until(() -> compacted.values().size() >= 19);
        assertThat(compacted.values()).hasSize(19).doesNotContain("v10");
        await().until(() -> rows("outbox_message") == 0);
        assertThat(quarantine.find().stream().filter(each -> each.topic().equals(compacted.name())))
                .singleElement()
                .satisfies(each -> {
                    assertThat(each.key()).isNull();
                    assertThat(each.messages()).isEqualTo(1);
                });
    }

    /** No batch may be larger than a segment, and a record is a batch at least. */
    @Test
    void aRecordThatNoSegmentHasRoomForIsRefusedForItsOwnSake() {
        KafkaTopic segments = KafkaTopic.create(
                bootstrapServers,
                "segments-" + UUID.randomUUID(),
                1,
                Map.of("segment.bytes", "1048576", "max.message.bytes", "3000000"));
        transaction.executeWithoutResult(status -> {
            publisher.publish(segments.name(), "k", "x".repeat(1_500_000));
            publisher.publish(segments.name(), "k", "behind");
            publisher.publish(segments.name(), "other", "flows");
        });
        assertThat(segments.awaitValues(1)).containsExactly("flows");
        await().atMost(Duration.ofSeconds(30))
                .untilAsserted(() -> assertThat(quarantine.find())
                        .filteredOn(each -> each.topic().equals(segments.name()))
                        .singleElement()
                        .satisfies(each -> {
                            assertThat(each.messages()).isEqualTo(2);
                            assertThat(each.errorClass()).endsWith("RecordBatchTooLargeException");
                        }));
    }

    /** The broker takes only what was sent in this very millisecond, as if our clock were behind its own. */
    @Test
    void aClockThatIsWrongHoldsTheTopicAndIsNamed() throws Exception {
        KafkaTopic punctual = KafkaTopic.create(
                bootstrapServers, "punctual-" + UUID.randomUUID(), 1, Map.of("message.timestamp.before.max.ms", "0"));
        transaction.executeWithoutResult(status ->
                IntStream.range(0, 2000).forEach(i -> publisher.publish(punctual.name(), "k", Integer.toString(i))));
        await().atMost(Duration.ofSeconds(30))
                .untilAsserted(() -> assertThat(relay.whyHeld(punctual.name()))
                        .contains("the clock of this host is behind the broker's", "message.timestamp.before.max.ms"));
        assertThat(operations.troubles())
                .filteredOn(trouble -> trouble.where().equals(punctual.name()))
                .singleElement()
                .satisfies(trouble -> assertThat(trouble.what()).contains("the clock of this host"));
        set(punctual.name(), "message.timestamp.before.max.ms", "3600000");
        await().atMost(Duration.ofMinutes(2)).until(() -> punctual.values().contains("1999"));
        assertThat(new LinkedHashSet<>(punctual.values()))
                .containsExactlyElementsOf(
                        IntStream.range(0, 2000).mapToObj(Integer::toString).toList());
        assertThat(quarantine.find()).noneMatch(each -> each.topic().equals(punctual.name()));
    }

    /** Each is sent alone, which takes its time; it is the time of their topic. */
    @Test
    void manyThatAreRefusedTogetherStopNoOtherTopic() {
        KafkaTopic compacted = KafkaTopic.create(
                bootstrapServers, "compacted-" + UUID.randomUUID(), 1, Map.of("cleanup.policy", "compact"));
        transaction.executeWithoutResult(status ->
                IntStream.range(0, 100).forEach(i -> publisher.publish(compacted.name(), null, "refused " + i)));
        await().atMost(Duration.ofSeconds(30)).until(() -> quarantined(compacted) > 0);
        publish("other", "flows");
        topic.awaitValues(1);
        assertThat(quarantined(compacted)).isLessThan(100);
        await().atMost(Duration.ofMinutes(2)).until(() -> quarantined(compacted) == 100);
        assertThat(rows("outbox_message", compacted.name())).isZero();
    }

    private long quarantined(KafkaTopic refusing) {
        return rows("outbox_quarantine", refusing.name());
    }

    /** A zombie must not put a message behind others that the new owner has sent. */
    @Test
    void onlyTheOwnerOfALaneMovesItsMessages() {
        relay.stop();
        sql.update(
                "insert into reliable_messaging.outbox_message (lane, message_id, topic, key, value, headers)"
                        + " values (3, gen_random_uuid(), ?, 'k', 'v', '\\x0000')",
                topic.name());
        Long id = sql.queryForObject(
                "select id from reliable_messaging.outbox_message where topic = ?", Long.class, topic.name());
        io.reliablemessaging.outbox.OutboxRecord row = new io.reliablemessaging.outbox.OutboxRecord(
                3,
                id,
                new io.reliablemessaging.wire.WireMessage(
                        MessageId.of(UUID.randomUUID().toString()),
                        topic.name(),
                        null,
                        null,
                        null,
                        new org.apache.kafka.common.header.internals.RecordHeaders()),
                io.reliablemessaging.outbox.OutboxRecord.secondsAgo(0));
        assertThat(table.move(row, new IllegalStateException("too late"))).isFalse();
        assertThat(sql.queryForObject(
                        "select count(*) from reliable_messaging.outbox_message where id = ?", Integer.class, id))
                .isEqualTo(1);
        relay.start();
        assertThat(topic.awaitValues(1)).containsExactly("v");
    }

    /** After a fail-over, an id can be another message's. */
    @Test
    void aMessageThatHasTheIdOfARefusedOneIsNotTakenForIt(@Autowired LaneLeases leases) {
        relay.stop();
        sql.update("update reliable_messaging.relay_lane set owner = ? where lane = 3", leases.instance());
        for (String place : List.of("outbox_message", "outbox_quarantine")) {
            boolean quarantined = place.equals("outbox_quarantine");
            sql.update(
                    "insert into reliable_messaging." + place + " (lane, id, message_id, topic, headers"
                            + (quarantined ? ", created_at, released)" : ")")
                            + (quarantined ? "" : " overriding system value")
                            + " values (3, ?, gen_random_uuid(), ?, '\\x0000'" + (quarantined ? ", now(), true)" : ")"),
                    Long.MAX_VALUE,
                    topic.name());
        }
        io.reliablemessaging.outbox.OutboxRecord refused = new io.reliablemessaging.outbox.OutboxRecord(
                3,
                Long.MAX_VALUE,
                new io.reliablemessaging.wire.WireMessage(
                        new MessageId(UUID.randomUUID()),
                        topic.name(),
                        null,
                        null,
                        null,
                        new org.apache.kafka.common.header.internals.RecordHeaders()),
                0);
        try {
            assertThat(table.move(refused, new IllegalStateException("refused")))
                    .isTrue();
            table.revokeRelease(refused, new IllegalStateException("refused again"));
            released.delete(List.of(refused));
            assertThat(rows("outbox_message")).isEqualTo(1);
            assertThat(sql.queryForList(
                            "select released from reliable_messaging.outbox_quarantine where topic = ?",
                            Boolean.class,
                            topic.name()))
                    .containsExactly(true);
        } finally {
            sql.update("delete from reliable_messaging.outbox_message where topic = ?", topic.name());
            sql.update("delete from reliable_messaging.outbox_quarantine where topic = ?", topic.name());
            sql.update("update reliable_messaging.relay_lane set owner = null where lane = 3");
            relay.start();
        }
    }

    @Autowired
    QuarantineTable table;

    @Autowired
    ReleasedRows released;

    private void publish(String key, String... values) {
        transaction.executeWithoutResult(status -> {
            for (String value : values) {
                publisher.publish(
                        OutgoingMessage.to(topic.name()).key(key).payload(value).build());
            }
        });
    }

    private void repair() throws Exception {
        set(topic.name(), "max.message.bytes", "100000");
    }

    private void set(String name, String config, String value) throws Exception {
        try (Admin admin = KafkaTopic.admin(bootstrapServers)) {
            ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, name);
            AlterConfigOp larger = new AlterConfigOp(new ConfigEntry(config, value), AlterConfigOp.OpType.SET);
            admin.incrementalAlterConfigs(Map.of(resource, List.of(larger)))
                    .all()
                    .get();
        }
    }

    private QuarantinedKey find() {
        return quarantine.find().stream()
                .filter(each -> each.topic().equals(topic.name()))
                .findFirst()
                .orElse(null);
    }

    private QuarantinedKey waiting() {
        QuarantinedKey found = find();
        assertThat(found).isNotNull();
        return found;
    }

    private List<Map<String, Object>> log() {
        return sql.queryForList("select who, action, target from reliable_messaging.operation_log");
    }

    private int rows(String table) {
        return rows(table, topic.name());
    }

    private int rows(String table, String name) {
        return sql.queryForObject(
                "select count(*) from reliable_messaging." + table + " where topic = ?", Integer.class, name);
    }
}
