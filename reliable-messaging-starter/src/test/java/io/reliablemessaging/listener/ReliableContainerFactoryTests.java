package io.reliablemessaging.listener;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.apache.kafka.clients.consumer.KafkaShareConsumer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.junit.jupiter.api.Test;

class ReliableContainerFactoryTests {

    @Test
    void nothingTheHostSetsWeakensTheConsumer() {
        Map<String, Object> hostile = Map.of(
                "bootstrap.servers", "localhost:1",
                "enable.auto.commit", true,
                "auto.offset.reset", "latest",
                "isolation.level", "read_uncommitted",
                "value.deserializer", "org.apache.kafka.common.serialization.StringDeserializer");
        assertThat(ReliableContainerFactory.safe(hostile))
                .containsEntry("bootstrap.servers", "localhost:1")
                .containsEntry("enable.auto.commit", false)
                .containsEntry("auto.offset.reset", "earliest")
                .containsEntry("isolation.level", "read_committed")
                .doesNotContainKey("value.deserializer");
    }

    @Test
    void whatAShareGroupDoesNotKnowIsLeftOut() {
        Map<String, Object> config = ReliableContainerFactory.safeForSharing(Map.of(
                "bootstrap.servers", "localhost:1",
                "auto.offset.reset", "latest",
                "group.instance.id", "one",
                "max.poll.records", 500,
                "partition.assignment.strategy", "range",
                "group.protocol", "classic",
                "session.timeout.ms", 10_000));
        assertThat(config).containsEntry("max.poll.records", 1).containsEntry("share.acknowledgement.mode", "explicit");
        config.put("group.id", "some");
        new KafkaShareConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer()).close();
    }
}
