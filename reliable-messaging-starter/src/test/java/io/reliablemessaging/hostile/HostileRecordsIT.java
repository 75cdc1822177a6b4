package io.reliablemessaging.hostile;

import static org.awaitility.Awaitility.await;

import io.reliablemessaging.Ordering;
import io.reliablemessaging.hostile.HostileRecord.Fate;
import io.reliablemessaging.support.KafkaTopic;
import io.reliablemessaging.test.SharedServers;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.context.ConfigurableApplicationContext;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Every hostile record, amid good messages, in every mode of a listener, alone and behind a message of its key that fails: the
 * good ones are handled once and in order, each hostile one is what {@link HostileRecords} says, and nobody stands still.
 */
@TestInstance(Lifecycle.PER_CLASS)
class HostileRecordsIT {

    private final HostileTopics topics =
            new HostileTopics(List.of("key", "partition", "none", "batch", "tree", "text", "bytes"));
    private ConfigurableApplicationContext app;

    @BeforeAll
    void start() {
        app = topics.host(HostileHost.Modes.class)
                .and(HostileHost.Payloads.class)
                .run();
    }

    @AfterAll
    void close() {
        app.close();
    }

    @ParameterizedTest
    @CsvSource({
        "key, KEY, false",
        "key, KEY, true",
        "partition, PARTITION, false",
        "partition, PARTITION, true",
        "none, NONE, false",
        "none, NONE, true",
        "batch, KEY, false",
        "batch, KEY, true"
    })
    void eachIsItsOwnProblemOnly(String listener, Ordering ordering, boolean parked) {
        boolean inOrder = ordering != Ordering.NONE;
        // without an order, nobody knows which of those that say that they are one message comes first
        List<HostileRecord> records = HostileRecords.all().stream()
                .filter(each -> inOrder || each.fate() != Fate.DUPLICATE)
                .toList();
        new HostileFlow(app, topics.name(listener), ordering).run(records, parked);
        if (inOrder) {
            awaitOffsets(topics.name(listener));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"tree", "text", "bytes"})
    void whatOthersTakeOfThem(String payload) {
        List<HostileRecord> records =
                HostileJson.all().stream().map(each -> as(payload, each)).toList();
        new HostileFlow(app, topics.name(payload), Ordering.KEY).run(records, false);
    }

    private static HostileRecord as(String payload, HostileRecord record) {
        byte[] value = record.value();
        if (value == null) {
            return record;
        }
        boolean dead = switch (payload) {
            case "tree" -> !isTree(value);
            case "text" -> IntStream.range(0, value.length).anyMatch(i -> value[i] == 0);
            default -> false;
        };
        String error = payload.equals("tree") ? "JsonNode" : "0x00";
        if (dead) {
            return record.ends(record.isDead() ? record.fate() : Fate.DEAD, error);
        }
        return record.ends(Fate.HANDLED, "");
    }

    private static boolean isTree(byte[] value) {
        try {
            JsonNode tree = JsonMapper.shared().readTree(value);
            return !tree.isNull() && !tree.isMissingNode();
        } catch (JacksonException e) {
            return false;
        }
    }

    // nothing is left unfinished: not even behind records that no consumer sees
    private static void awaitOffsets(String name) {
        try (Admin admin = KafkaTopic.admin(SharedServers.kafka().bootstrapServers())) {
            Map<Integer, Long> last = new HashMap<>();
            new KafkaTopic(SharedServers.kafka().bootstrapServers(), name)
                    .records()
                    .forEach(record -> last.merge(record.partition(), record.offset() + 1, Math::max));
            last.forEach((partition, end) -> await("offset of partition " + partition)
                    .atMost(Duration.ofSeconds(30))
                    .until(() -> admin.listConsumerGroupOffsets(name)
                                    .partitionsToOffsetAndMetadata()
                                    .get()
                                    .get(new TopicPartition(name, partition))
                                    .offset()
                            >= end));
        }
    }
}
