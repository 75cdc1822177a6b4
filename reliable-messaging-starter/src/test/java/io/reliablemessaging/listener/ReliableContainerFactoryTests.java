package io.reliablemessaging.listener;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
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
}
